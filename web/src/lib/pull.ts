// Pulling a page down from its top, by touch: its scrolling box is the `.page` under the finger.

export interface PullHandlers {
  /** So many pixels so far; 0 when it is over. */
  onMove: (px: number) => void;
  onPull: () => void;
}

export const PULL_PX = 96;
const SLOP_PX = 10;

export function pull(node: HTMLElement, handlers: PullHandlers): { destroy: () => void } {
  let from: { x: number; y: number } | null = null;
  let pulled = 0;

  function start(event: TouchEvent): void {
    const [touch] = event.touches;
    const target = event.target as Element;
    const page = target.closest('.page');
    const fits = page && page.scrollTop <= 0 && !target.closest('input, textarea, video');
    from = touch && fits && event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
    pulled = 0;
  }

  function move(event: TouchEvent): void {
    const [touch] = event.touches;
    if (!from || !touch) return;
    const dy = touch.clientY - from.y;
    const sideways = Math.abs(touch.clientX - from.x);
    if (pulled === 0 && (dy < -SLOP_PX || sideways > SLOP_PX)) from = null;
    if (!from || (pulled === 0 && dy < SLOP_PX)) return;
    if (event.cancelable) event.preventDefault();
    pulled = Math.max(1, dy);
    handlers.onMove(pulled);
  }

  function end(event: TouchEvent): void {
    if (!from || pulled === 0) return;
    from = null;
    handlers.onMove(0);
    if (event.type === 'touchend' && pulled >= PULL_PX) handlers.onPull();
  }

  node.addEventListener('touchstart', start, { passive: true });
  node.addEventListener('touchmove', move, { passive: false });
  node.addEventListener('touchend', end);
  node.addEventListener('touchcancel', end);
  return {
    destroy() {
      node.removeEventListener('touchstart', start);
      node.removeEventListener('touchmove', move);
      node.removeEventListener('touchend', end);
      node.removeEventListener('touchcancel', end);
    },
  };
}
