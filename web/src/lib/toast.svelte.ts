// Short sentences at the bottom, with at most one thing to do.

import { ApiError } from './http';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
  onGone?: () => void;
}

const SHOWN_MS = 4500;
const TOASTS_MAX = 3;

class Toasts {
  items = $state.raw<Toast[]>([]);
  #id = 0;

  /** Returns its id. `onGone` is called when it is not shown any more, whatever the reason. */
  show(text: string, action?: Toast['action'], onGone?: () => void): number {
    const id = this.#id++;
    this.items = [...this.items, { id, text, ...(action && { action }), ...(onGone && { onGone }) }];
    for (const old of this.items.slice(0, -TOASTS_MAX)) this.dismiss(old.id);
    setTimeout(() => this.dismiss(id), action ? SHOWN_MS + 2500 : SHOWN_MS);
    return id;
  }

  error(error: unknown): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    // A lost session opens the sign-in sheet; a sentence on top of it would only be noise.
    if (error instanceof ApiError && error.status === 401) return;
    this.show(error instanceof Error ? error.message : String(error));
  }

  dismiss(id: number): void {
    const gone = this.items.find((toast) => toast.id === id);
    this.items = this.items.filter((toast) => toast.id !== id);
    gone?.onGone?.();
  }
}

export const toasts = new Toasts();
