// The app on the home screen: whether it can be put there, and the files that open it offline.

/** Of Chromium alone; elsewhere the browser's own menu does it. */
interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

/** The first clip comes first: what makes the app open offline is fetched after that. */
const REGISTER_AFTER_MS = 2000;

class Install {
  prompt = $state.raw<InstallPrompt | null>(null);
  readonly installed = matchMedia('(display-mode: standalone)').matches;

  /** Browsers install, and keep files for offline, over HTTPS and on this computer only. */
  readonly possible = isSecureContext;

  start(): void {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.prompt = event as InstallPrompt;
    });
    addEventListener('appinstalled', () => (this.prompt = null));
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
    const register = () => void navigator.serviceWorker.register('/sw.js').catch(() => {});
    const soon = () => setTimeout(register, REGISTER_AFTER_MS);
    // The app may come behind the first clip, and so behind the page's own loading.
    if (document.readyState === 'complete') soon();
    else addEventListener('load', soon);
  }
}

export const install = new Install();

/**
 * A page that has stayed open while a new version was put on the server asks for files that are
 * gone: it begins anew with that version.
 */
export function reloadWhenReplaced(): void {
  addEventListener('vite:preloadError', () => void reloadIfReplaced());
}

async function reloadIfReplaced(): Promise<void> {
  const entry = document.querySelector<HTMLScriptElement>('script[type=module]');
  if (!entry) return;
  try {
    const page = await (await fetch('/index.html', { cache: 'no-store' })).text();
    if (!page.includes(new URL(entry.src).pathname)) location.reload();
  } catch {
    // Offline: the page that could not be opened says so.
  }
}
