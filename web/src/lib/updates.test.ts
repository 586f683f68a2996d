import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { News } from './types';
import { Follow, Updates } from './updates';

class FakeSocket {
  static made: FakeSocket[] = [];
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  url: string;
  constructor(url: URL) {
    this.url = String(url);
    FakeSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.onclose?.();
  }
  say(news: News): void {
    this.onmessage?.({ data: JSON.stringify(news) });
  }
}

const video = (percent: number): News => ({
  type: 'video',
  id: 'a',
  state: 'processing',
  step: 'encoding',
  progress_percent: percent,
});

let updates: Updates;

function opened(): FakeSocket {
  vi.advanceTimersByTime(120_000);
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error('no socket');
  socket.onopen?.();
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('location', { href: 'https://clips.example/me' });
  vi.stubGlobal('document', { cookie: 'filoscope_csrf=x' });
  updates = new Updates();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('opens one socket on its own server, and tells what it says', () => {
  const heard: (News | null)[] = [];
  updates.hear((news) => heard.push(news));
  updates.start();
  const socket = opened();
  expect(socket.url).toBe('wss://clips.example/api/v1/updates/socket');
  expect(updates.open).toBe(true);
  socket.say({ type: 'unread', count: 3 });
  expect(heard).toEqual([{ type: 'unread', count: 3 }]);
  expect(FakeSocket.made.length).toBe(1);
});

it('opens none for nobody, nor without sockets', () => {
  vi.stubGlobal('document', { cookie: '' });
  updates.start();
  vi.advanceTimersByTime(120_000);
  expect(FakeSocket.made.length).toBe(0);
  vi.stubGlobal('document', { cookie: 'filoscope_csrf=x' });
  vi.stubGlobal('WebSocket', undefined);
  vi.advanceTimersByTime(120_000);
  expect(updates.open).toBe(false);
});

it('comes back after it has closed, more and more slowly', () => {
  updates.start();
  opened().close();
  expect(updates.open).toBe(false);
  const waits: number[] = [];
  for (let at = Date.now(); waits.length < 5;) {
    const before = FakeSocket.made.length;
    while (FakeSocket.made.length === before) vi.advanceTimersByTime(500);
    waits.push(Date.now() - at);
    at = Date.now();
    FakeSocket.made.at(-1)?.close();
  }
  expect(waits).toEqual([1000, 5000, 15_000, 60_000, 60_000]);
});

it('comes back slowly to a server that closes soon, and quickly to one that was good', () => {
  updates.start();
  for (let n = 0; n < 3; n++) {
    const socket = opened();
    socket.say({ type: 'unread', count: n });
    socket.close();
  }
  const soon = FakeSocket.made.length;
  vi.advanceTimersByTime(10_000);
  expect(FakeSocket.made.length).toBe(soon);
  const good = opened();
  vi.advanceTimersByTime(31_000);
  good.close();
  vi.advanceTimersByTime(1000);
  expect(FakeSocket.made.length).toBe(soon + 2);
});

it('lets the socket of who she was go at once', () => {
  updates.start();
  const socket = opened();
  const heard: (News | null)[] = [];
  updates.hear((news) => heard.push(news));
  updates.again();
  expect(updates.open).toBe(false);
  socket.say({ type: 'unread', count: 9 });
  expect(heard).toEqual([null]);
  vi.advanceTimersByTime(0);
  expect(FakeSocket.made.length).toBe(2);
});

it('asks rarely while it is open, and as before while it is not', () => {
  expect(updates.every(1000)).toBe(1000);
  updates.start();
  const socket = opened();
  expect(updates.every(1000)).toBeGreaterThan(1000);
  socket.close();
  expect(updates.every(1000)).toBe(1000);
});

it('names the clips on the screen, also to the next socket, and not too often', () => {
  updates.start();
  const socket = opened();
  socket.sent = [];
  for (let i = 0; i < 100; i++) updates.watch([`a${i}`, 'b', 'b']);
  vi.advanceTimersByTime(1000);
  expect(socket.sent).toEqual([JSON.stringify({ watch: ['a99', 'b'] })]);
  updates.watch(['a99', 'b']);
  vi.advanceTimersByTime(1000);
  expect(socket.sent.length).toBe(1);
  socket.close();
  const next = opened();
  expect(next.sent).toEqual([JSON.stringify({ watch: ['a99', 'b'] })]);
});

it('follows a video, and knows when to ask', async () => {
  updates.start();
  const socket = opened();
  const follow = new Follow('a', updates);
  socket.say(video(10));
  socket.say(video(20));
  expect(await follow.next(1000)).toEqual(video(20));
  let asked = false;
  void follow.next(1000).then(() => (asked = true));
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toBe(false);
  socket.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toBe(true);
  const waiting = follow.next(1000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await waiting).toBe(null);
  follow.end();
});

it('asks about the video of another as before, which the socket tells nothing of', async () => {
  updates.start();
  opened();
  const follow = new Follow('a', updates);
  const waiting = follow.next(1000, false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await waiting).toBe(null);
  follow.end();
});

it('asks at once about a video that is gone', async () => {
  updates.start();
  const socket = opened();
  const follow = new Follow('a', updates);
  const waiting = follow.next(1000);
  socket.say({ type: 'gone', id: 'a' });
  await vi.advanceTimersByTimeAsync(0);
  expect(await waiting).toBe(null);
  follow.end();
});
