// The history router: one reactive `route`, links are caught once for the whole document.

import { appHistory } from './history';
import { parseRoute, type Route } from './routes';

class Router {
  route = $state.raw<Route>(parseRoute('/'));
  /** Grows when she goes where she is already: the page starts over. */
  again = $state(0);
  #key = '/';

  start(): void {
    document.addEventListener('click', (event) => this.#click(event));
  }

  /** `unless` it is true by the time that the history is free: the asking page may be gone. */
  go(url: string, options: { replace?: boolean; unless?: () => boolean } = {}): void {
    appHistory.soon(() => {
      if (options.unless?.()) return;
      const target = new URL(url, location.href);
      if (target.href === location.href) {
        // She is there already, under the sheets that the link is on; each is an entry of its own.
        const above = appHistory.entry.sheets.length;
        if (above > 0) appHistory.back(above);
        else this.again++;
      } else if (options.replace) appHistory.replace(target);
      else appHistory.push(target);
    });
  }

  back(fallback = '/'): void {
    if (appHistory.entry.depth > 0) appHistory.back();
    else this.go(fallback, { replace: true });
  }

  /** Takes over the address. The route stays the same object while only a sheet opens or closes. */
  read(): void {
    const key = location.pathname + location.search;
    if (key === this.#key) return;
    this.#key = key;
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
