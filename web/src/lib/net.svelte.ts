// Whether the server can be reached, for the banner.

class Net {
  online = $state(true);

  start(): void {
    this.online = navigator.onLine;
    addEventListener('online', () => (this.online = true));
    addEventListener('offline', () => (this.online = false));
  }

  reached(ok: boolean): void {
    if (ok) this.online = true;
    else if (!navigator.onLine) this.online = false;
  }
}

export const net = new Net();
