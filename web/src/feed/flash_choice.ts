// Whether she wants to come upon clips that flash, and what she is told of that choice.

import { t } from '../lib/i18n.svelte';
import { settings } from '../lib/settings.svelte';
import { toasts } from '../lib/toast.svelte';
import { stage } from './actions';
import { flashes } from './passing';

class FlashChoice {
  /** Once a visit is enough. */
  #told = false;

  /** From here on; the one on the screen is left too. */
  skip(): void {
    const { list } = stage;
    settings.skipsFlashes = true;
    this.#told = true;
    list?.drop(flashes);
    toasts.show(t('flashes_skipped'), { label: t('undo'), run: () => (settings.skipsFlashes = false) });
  }

  notePassed(): void {
    if (this.#told) return;
    this.#told = true;
    toasts.show(t('flashes_passed'));
  }
}

export const flashChoice = new FlashChoice();
