// What the small progress pill shows. Kept apart so that the first page does not load the rest.

export interface PillTask {
  readonly share: number;
  readonly busy: boolean;
}

class UploadPill {
  #source = $state.raw<() => PillTask | undefined>(() => undefined);

  bind(source: () => PillTask | undefined): void {
    this.#source = source;
  }

  current(): PillTask | undefined {
    return this.#source();
  }
}

export const uploadPill = new UploadPill();
