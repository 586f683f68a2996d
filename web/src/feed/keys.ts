// The keyboard on the player. Nothing happens while she types or a button has the focus.

export type KeyAction =
  | 'next'
  | 'previous'
  | 'pause'
  | 'mute'
  | 'like'
  | 'comments'
  | 'subtitles'
  | 'similar'
  | 'fullscreen'
  | 'keys'
  | 'forward'
  | 'rewind';

const KEYS: Record<string, KeyAction> = {
  ArrowDown: 'next',
  j: 'next',
  PageDown: 'next',
  ArrowUp: 'previous',
  k: 'previous',
  PageUp: 'previous',
  ' ': 'pause',
  m: 'mute',
  l: 'like',
  c: 'subtitles',
  d: 'comments',
  s: 'similar',
  f: 'fullscreen',
  '?': 'keys',
  ArrowRight: 'forward',
  ArrowLeft: 'rewind',
};

/** These scroll what has the focus and is longer than its place. */
const SCROLLING = new Set([' ', 'ArrowDown', 'ArrowUp', 'PageDown', 'PageUp']);

function scrolls(target: Element | null): boolean {
  const box = target?.closest('[tabindex="0"]');
  return Boolean(box && box.scrollHeight > box.clientHeight + 1);
}

export function keyAction(event: KeyboardEvent): KeyAction | null {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable], [role="slider"]')) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Space on a focused button presses the button.
  if (key === ' ' && target?.closest('button, a, summary')) return null;
  if (SCROLLING.has(key) && scrolls(target)) return null;
  return KEYS[key] ?? null;
}
