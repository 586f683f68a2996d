// Right after she signed up recovery codes are offered, while her password is still at hand to make
// them with. She may leave it: the settings have the same.

const OFFERED_MS_MAX = 10 * 60_000;

class Recovery {
  #password = $state.raw('');
  #timer = 0;

  get offered(): boolean {
    return this.#password !== '';
  }

  offer(password: string): void {
    this.#password = password;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.drop(), OFFERED_MS_MAX);
  }

  get password(): string {
    return this.#password;
  }

  drop(): void {
    this.#password = '';
  }
}

export const recovery = new Recovery();
