// The title of the document: what the page is about, then the product. The server writes the same
// for machines (src/api/pages.cc).

import { t } from './i18n.svelte';
import { router } from './router.svelte';
import type { Route } from './routes';

const NAME = 'Filoscope';
const LENGTH_MAX = 90;

class PageTitle {
  #found = $state.raw<{ route: Route; text: string } | null>(null);

  /** What a page has found out about itself, a name or a caption; holds as long as its route. */
  say(route: Route, text: string): void {
    this.#found = { route, text: shortened(text) };
  }

  get text(): string {
    const { route } = router;
    const about = (this.#found?.route === route && this.#found.text) || aboutRoute(route);
    return about ? `${about} · ${NAME}` : NAME;
  }
}

function aboutRoute(route: Route): string {
  switch (route.name) {
    case 'home':
      return '';
    case 'video':
      return t('video');
    case 'profile':
      return `@${route.handle}`;
    case 'tag':
      return `#${route.tag}`;
    case 'search':
      return route.q ? `${route.q} · ${t('search')}` : t('search');
    case 'missing':
      return t('page_missing');
    default:
      return t(route.name);
  }
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length > LENGTH_MAX ? `${characters.slice(0, LENGTH_MAX).join('')}…` : line;
}

export const pageTitle = new PageTitle();
