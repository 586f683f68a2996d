// Which of the feeds is chosen, wherever the tabs stand.

export type Tab = 'following' | 'for_you';

class HomeTab {
  now = $state<Tab>('for_you');
}

export const homeTab = new HomeTab();
