// The history router: one reactive `route`, links are caught once for the whole document.

import { parseRoute, type Route } from './routes';

interface HistoryState {
  depth: number;
  scroll?: number;
}

class Router {
  route = $state.raw<Route>(parseRoute('/'));
  /** How many pages of ours lie behind this one, so that "back" never leaves the app. */
  depth = $state(0);
  key = $state('/');

  start(): void {
    this.#read();
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#click(event));
  }

  go(url: string, options: { replace?: boolean } = {}): void {
    const target = new URL(url, location.href);
    if (target.href === location.href) return;
    const depth = options.replace ? this.depth : this.depth + 1;
    const state: HistoryState = { depth };
    if (options.replace) history.replaceState(state, '', target);
    else history.pushState(state, '', target);
    this.#read();
  }

  back(fallback = '/'): void {
    if (this.depth > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  #read(): void {
    this.depth = (history.state as HistoryState | null)?.depth ?? 0;
    this.key = location.pathname + location.search;
    this.route = parseRoute(location.pathname, location.search);
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    this.go(link.href, { replace: link.dataset['replace'] !== undefined });
  }
}

export const router = new Router();
