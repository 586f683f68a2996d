// Touch and mouse on the player: swipe that follows the finger, tap, double tap, long press.

export interface GestureHandlers {
  /** Pixels the finger has moved, downwards positive. */
  onDrag: (dy: number) => void;
  /** The finger let go: 1 forward, -1 backward, 0 back in place. */
  onRelease: (direction: -1 | 0 | 1) => void;
  onTap: () => void;
  onDoubleTap: (x: number, y: number) => void;
  onLongPress: () => void;
}

const SLOP_PX = 8;
const DOUBLE_MS = 260;
const LONG_MS = 480;
const FLICK_PX_PER_MS = 0.35;
const SHARE_OF_HEIGHT = 0.2;

export function gestures(node: HTMLElement, handlers: GestureHandlers): { destroy: () => void } {
  let pointer: number | null = null;
  let startX = 0;
  let startY = 0;
  let startedAt = 0;
  let lastY = 0;
  let lastAt = 0;
  let velocity = 0;
  let dragging = false;
  let cancelled = false;
  let second = false;
  let tapTimer = 0;
  let longTimer = 0;

  function down(event: PointerEvent): void {
    if (pointer !== null || event.button !== 0) return;
    if ((event.target as Element).closest('button, a, input, [data-no-swipe]')) return;
    pointer = event.pointerId;
    startX = event.clientX;
    startY = lastY = event.clientY;
    startedAt = lastAt = event.timeStamp;
    velocity = 0;
    dragging = cancelled = false;
    // A second tap counts from when it begins, however long the finger stays.
    second = tapTimer !== 0;
    clearTimeout(tapTimer);
    tapTimer = 0;
    clearTimeout(longTimer);
    longTimer = window.setTimeout(() => {
      cancelled = true;
      handlers.onLongPress();
    }, LONG_MS);
  }

  function move(event: PointerEvent): void {
    if (event.pointerId !== pointer || cancelled) return;
    const dy = event.clientY - startY;
    if (!dragging) {
      if (Math.hypot(event.clientX - startX, dy) < SLOP_PX) return;
      clearTimeout(longTimer);
      dragging = true;
      node.setPointerCapture(event.pointerId);
    }
    const elapsed = event.timeStamp - lastAt;
    if (elapsed > 0) {
      velocity = 0.6 * ((event.clientY - lastY) / elapsed) + 0.4 * velocity;
      lastY = event.clientY;
      lastAt = event.timeStamp;
    }
    handlers.onDrag(dy);
  }

  function up(event: PointerEvent): void {
    if (event.pointerId !== pointer) return;
    pointer = null;
    clearTimeout(longTimer);
    if (cancelled) return;
    if (dragging) return release(event.clientY - startY, event.timeStamp - lastAt);
    if (event.timeStamp - startedAt > LONG_MS) return;
    if (second) {
      handlers.onDoubleTap(event.clientX, event.clientY);
    } else {
      tapTimer = window.setTimeout(() => {
        tapTimer = 0;
        handlers.onTap();
      }, DOUBLE_MS);
    }
  }

  function release(dy: number, restedMs: number): void {
    const speed = restedMs > 80 ? 0 : velocity;
    const far = Math.abs(dy) > node.clientHeight * SHARE_OF_HEIGHT;
    const flicked = Math.abs(speed) > FLICK_PX_PER_MS && Math.sign(speed) === Math.sign(dy);
    handlers.onRelease(far || flicked ? (dy < 0 ? 1 : -1) : 0);
  }

  function cancel(event: PointerEvent): void {
    if (event.pointerId !== pointer) return;
    pointer = null;
    clearTimeout(longTimer);
    if (dragging) handlers.onRelease(0);
  }

  const noMenu = (event: Event) => {
    if (!(event.target as Element).closest('a')) event.preventDefault();
  };
  node.addEventListener('pointerdown', down);
  node.addEventListener('pointermove', move);
  node.addEventListener('pointerup', up);
  node.addEventListener('pointercancel', cancel);
  node.addEventListener('contextmenu', noMenu);
  return {
    destroy() {
      clearTimeout(tapTimer);
      clearTimeout(longTimer);
      node.removeEventListener('pointerdown', down);
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', up);
      node.removeEventListener('pointercancel', cancel);
      node.removeEventListener('contextmenu', noMenu);
    },
  };
}

/** One step per turn of the wheel or stroke on a touchpad, however long its tail is. */
export class WheelStep {
  #sum = 0;
  #lastAt = 0;
  #lockedUntil = 0;

  feed(deltaY: number, atMs: number): -1 | 0 | 1 {
    if (atMs - this.#lastAt > 160) this.#sum = 0;
    const resting = atMs - this.#lastAt > 160;
    this.#lastAt = atMs;
    if (atMs < this.#lockedUntil && !resting) return 0;
    this.#sum += deltaY;
    if (Math.abs(this.#sum) < 40) return 0;
    const step = this.#sum > 0 ? 1 : -1;
    this.#sum = 0;
    this.#lockedUntil = atMs + 600;
    return step;
  }
}
