import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from './http';
import { AGE_MAX_MS, BATCH_MAX, KEPT_MAX, Outbox, type OutboxStorage } from './outbox';
import type { ClientEvent, EventsAnswer } from './types';

class MemoryStorage implements OutboxStorage {
  map = new Map<string, string>();
  full = false;
  get length(): number {
    return this.map.size;
  }
  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string): void {
    this.map.delete(key);
  }
}

const event = (id: string, at = 1000): ClientEvent => ({
  event_id: id,
  impression_token: 't',
  event: 'watch',
  at_ms: at,
});

let storage: MemoryStorage;
let sent: string[][];
let fail: (() => Error) | null;
let planned: { run: () => void; ms: number }[];

function make(now = 2000): Outbox {
  return new Outbox({
    storage,
    now: () => now,
    later: (run, ms) => planned.push({ run, ms }),
    send: async (events): Promise<EventsAnswer> => {
      if (fail) throw fail();
      sent.push(events.map((one) => one.event_id));
      return { accepted: events.length, duplicate: 0, rejected: [], learned: true };
    },
  });
}

beforeEach(() => {
  storage = new MemoryStorage();
  sent = [];
  fail = null;
  planned = [];
});

describe('Outbox', () => {
  it('sends in the order of time and forgets what is acknowledged', async () => {
    const outbox = make();
    outbox.add(event('b', 20));
    outbox.add(event('a', 10));
    expect(storage.length).toBe(2);
    await outbox.flush();
    expect(sent).toEqual([['a', 'b']]);
    expect(storage.length).toBe(0);
    expect(outbox.size).toBe(0);
  });

  it('keeps events through a closed tab', async () => {
    make().add(event('a'));
    const next = make();
    next.restore();
    await next.flush();
    expect(sent).toEqual([['a']]);
    expect(storage.length).toBe(0);
  });

  it('keeps them while the network is away, and plans to try again', async () => {
    const outbox = make();
    fail = () => new ApiError({ status: 0, detail: 'offline' });
    outbox.add(event('a'));
    await outbox.flush();
    expect(storage.length).toBe(1);
    expect(planned.length).toBe(1);
    fail = null;
    planned[0]?.run();
    await outbox.flush();
    expect(sent).toEqual([['a']]);
  });

  it('waits as long as the server asks for', async () => {
    const outbox = make();
    fail = () => new ApiError({ status: 429, detail: 'slow down' }, 9);
    outbox.add(event('a'));
    await outbox.flush();
    expect(planned[0]?.ms).toBe(9000);
    expect(outbox.size).toBe(1);
  });

  it('drops what the server will never take', async () => {
    const outbox = make();
    fail = () => new ApiError({ status: 400, detail: 'bad' });
    outbox.add(event('a'));
    await outbox.flush();
    expect(outbox.size).toBe(0);
    expect(storage.length).toBe(0);
  });

  it('splits into batches', async () => {
    const outbox = make();
    for (let i = 0; i < BATCH_MAX + 7; i++) outbox.add(event(`e${i}`, i));
    await outbox.flush();
    expect(sent.map((batch) => batch.length)).toEqual([BATCH_MAX, 7]);
  });

  it('resolves a flush only when events added before it are settled', async () => {
    const outbox = make();
    outbox.add(event('a'));
    const first = outbox.flush();
    outbox.add(event('b'));
    await outbox.flush();
    await first;
    expect(sent.flat()).toEqual(['a', 'b']);
  });

  it('sends at once when the page is hidden, with the same ids as any later try', async () => {
    const outbox = make();
    outbox.add(event('a'));
    outbox.flushOnHide();
    await outbox.flush();
    expect(new Set(sent.flat())).toEqual(new Set(['a']));
  });

  it('forgets events whose tokens have expired and broken entries', () => {
    storage.setItem('fs.ev.old', JSON.stringify(event('old', 0)));
    storage.setItem('fs.ev.bad', '{');
    storage.setItem('other', 'stays');
    const outbox = make(AGE_MAX_MS + 5000);
    outbox.restore();
    expect(outbox.size).toBe(0);
    expect([...storage.map.keys()]).toEqual(['other']);
  });

  it('holds a bounded number, the newest', () => {
    const outbox = make();
    for (let i = 0; i < KEPT_MAX + 5; i++) outbox.add(event(`e${i}`, i));
    expect(outbox.size).toBe(KEPT_MAX);
    expect(storage.map.has('fs.ev.e0')).toBe(false);
  });

  it('works with full storage', async () => {
    storage.full = true;
    const outbox = make();
    outbox.add(event('a'));
    await outbox.flush();
    expect(sent).toEqual([['a']]);
  });
});
