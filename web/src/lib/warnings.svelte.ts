// What is said before a clip plays: that it may not be for everyone, or that it flashes. It is said once: who
// wants to see a clip all the same sees it as any other until the app is opened anew or she signs out.

import type { Video } from './types';

export type Warning = 'sensitive' | 'flashes';
export type Warned = Pick<Video, 'id' | 'sensitive' | 'flashes'> & { viewer: Pick<Video['viewer'], 'own'> };

const key = (id: string, warning: Warning) => `${warning}/${id}`;

class Warnings {
  /** She has asked for what is not for everyone; told by the session. */
  asked = $state(false);
  #wanted = $state.raw<ReadonlySet<string>>(new Set());

  /** What has to be said of it first; her own clips she knows. */
  of(video: Warned): Warning | null {
    if (video.viewer.own) return null;
    if (video.sensitive && !this.asked && !this.#wants(video.id, 'sensitive')) return 'sensitive';
    return video.flashes && !this.#wants(video.id, 'flashes') ? 'flashes' : null;
  }

  /** She has read that, and wants to see it. */
  want(id: string, warning: Warning): void {
    this.#wanted = new Set([...this.#wanted, key(id, warning)]);
  }

  /** Nobody has wanted or asked for anything. */
  clear(): void {
    this.asked = false;
    this.#wanted = new Set();
  }

  #wants(id: string, warning: Warning): boolean {
    return this.#wanted.has(key(id, warning));
  }
}

export const warnings = new Warnings();
