import { t } from '../lib/i18n.svelte';
import type { Video } from '../lib/types';

/** Whose sound it is: another's, when it was heard before, or nobody's who may be named. */
export function soundName({ sound, author }: Video): string {
  const name = sound?.original ? author.display_name || author.handle : /@\S+$/.exec(sound?.title ?? '')?.[0];
  return name ? t('original_sound', { name }) : t('sound_unnamed');
}
