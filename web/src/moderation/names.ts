/** Long enough to know a clip by, short enough to be read out. */
const NAME_MAX = 60;

/** What a clip is called where it is named beside something. */
export function nameOf(caption: string, unnamed: string): string {
  const characters = [...caption.replace(/\s+/g, ' ').trim()];
  if (characters.length === 0) return unnamed;
  return characters.length > NAME_MAX ? `${characters.slice(0, NAME_MAX).join('')}…` : characters.join('');
}
