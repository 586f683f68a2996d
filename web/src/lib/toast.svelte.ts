// Short sentences at the bottom, with at most one thing to do.

import { ApiError } from './http';

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 4500;
const TOASTS_MAX = 3;

class Toasts {
  items = $state.raw<Toast[]>([]);
  #id = 0;

  show(text: string, action?: Toast['action']): void {
    const toast: Toast = action ? { id: this.#id++, text, action } : { id: this.#id++, text };
    this.items = [...this.items, toast].slice(-TOASTS_MAX);
    setTimeout(() => this.dismiss(toast.id), action ? SHOWN_MS + 2500 : SHOWN_MS);
  }

  error(error: unknown): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    // A lost session opens the sign-in sheet; a sentence on top of it would only be noise.
    if (error instanceof ApiError && error.status === 401) return;
    this.show(error instanceof Error ? error.message : String(error));
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
