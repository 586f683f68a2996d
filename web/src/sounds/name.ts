import { t } from '../lib/i18n.svelte';
import type { Sound } from '../lib/types';

/** As it is called: by its title, else by whose it is; nobody may be named of some. */
export function soundName({ title, owner }: Pick<Sound, 'title' | 'owner'>): string {
  const name = owner?.display_name || owner?.handle;
  if (title) return name ? t('sound_titled', { title, name }) : title;
  return name ? t('original_sound', { name }) : t('sound_unnamed');
}
