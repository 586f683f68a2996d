// The app's one outbox, bound to storage, network and the life of the page.

import { api } from './api';
import { Outbox } from './outbox';
import { randomId } from './storage';
import type { ClientEvent } from './types';

function storageOrNull(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export const outbox = new Outbox({
  storage: storageOrNull(),
  send: (events, keepalive) => api.events(events, keepalive),
  now: () => Date.now(),
  later: (run, ms) => void setTimeout(run, ms),
});

export function record(event: Omit<ClientEvent, 'event_id' | 'at_ms'>): void {
  if (!event.impression_token) return;
  outbox.add({ ...event, event_id: randomId(), at_ms: Date.now() });
}

export function startOutbox(): void {
  outbox.restore();
  if (outbox.size > 0) void outbox.flush();
  addEventListener('online', () => void outbox.flush());
}
