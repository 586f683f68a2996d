import { describe, expect, it } from 'vitest';
import type { FeedAnswer, VideoItem } from '../lib/types';
import { FeedQueue } from './queue';

function item(id: string, repeat = false): VideoItem {
  return {
    kind: 'video',
    video: { id } as VideoItem['video'],
    impression_token: `token-${id}`,
    route: 'fresh',
    repeat,
  };
}

function answer(ids: string, more: Partial<FeedAnswer> = {}): FeedAnswer {
  return {
    request_id: `request-${ids}`,
    mode: 'for_you',
    log_position: 1,
    exhausted: false,
    items: [...ids].map((id) => item(id, id === id.toUpperCase())),
    cursor: null,
    ...more,
  };
}

function shape(queue: FeedQueue): string {
  return queue.entries.map((entry) => (entry.kind === 'card' ? '|' : entry.item.video.id)).join('');
}

function started(ids: string): FeedQueue {
  const queue = new FeedQueue();
  queue.reset(answer(ids));
  return queue;
}

describe('FeedQueue', () => {
  it('keeps only the clip swiped onto while the new tail is on its way', () => {
    const queue = started('abcdef');
    queue.advance();
    const request = queue.beginTail(false);
    expect(request.held).toEqual(['a', 'b']);
    expect(shape(queue)).toBe('ab');
    expect(queue.applyTail(request, answer('xyz'))).toBe(true);
    expect(shape(queue)).toBe('abxyz');
  });

  it('keeps the one pre-rendered clip after an act without a swipe', () => {
    const queue = started('abcdef');
    const request = queue.beginTail(true);
    expect(request.held).toContain('b');
    queue.applyTail(request, answer('xyz'));
    expect(shape(queue)).toBe('abxyz');
  });

  it('lets the second clip after every swipe come from an answer asked for after it', () => {
    const queue = started('abcdef');
    for (let swipe = 0; swipe < 50; swipe++) {
      expect(queue.advance()).toBe(true);
      const at = queue.current;
      const request = queue.beginTail(false);
      expect(queue.entries.length).toBe(at + 1);
      queue.applyTail(request, {
        ...answer(''),
        request_id: `after-${swipe}`,
        items: [item(`n${swipe}`), item(`o${swipe}`), item(`p${swipe}`)],
      });
      const second = queue.entries[at + 1];
      expect(second?.kind === 'clip' && second.item.request_id).toBe(`after-${swipe}`);
    }
    const ids = queue.entries
      .slice(0, queue.current + 1)
      .map((entry) => entry.kind === 'clip' && entry.item.video.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('waits on an empty place rather than showing a clip chosen before the swipe', () => {
    const queue = started('abcd');
    queue.advance();
    const first = queue.beginTail(false);
    expect(queue.advance()).toBe(true);
    expect(queue.currentEntry).toBeUndefined();
    expect(queue.advance()).toBe(false);
    const second = queue.beginTail(false);
    expect(queue.applyTail(first, answer('stale'))).toBe(false);
    expect(queue.applyTail(second, answer('xyz'))).toBe(true);
    expect(shape(queue)).toBe('abxyz');
    expect(queue.currentEntry?.kind === 'clip' && queue.currentEntry.item.video.id).toBe('x');
  });

  it('holds what was not seen, and of the seen only the last', () => {
    const queue = started('abcdef');
    const seen = () => queue.markSeen(queue.currentEntry?.uid ?? -1);
    seen();
    queue.advance();
    queue.advance();
    seen();
    queue.advance();
    seen();
    expect(queue.beginTail(false).held).toEqual(['b', 'd']);
  });

  it('can go on with two videos', () => {
    const queue = started('ab');
    queue.markSeen(queue.currentEntry?.uid ?? -1);
    queue.advance();
    queue.markSeen(queue.currentEntry?.uid ?? -1);
    const request = queue.beginTail(false);
    expect(request.held).toEqual(['b']);
    queue.applyTail(request, answer('A', { exhausted: true }));
    expect(shape(queue)).toBe('ab|A');
  });

  it('drops stale answers, whatever their order', () => {
    const queue = started('abcd');
    const first = queue.beginTail(true);
    const second = queue.beginTail(true);
    expect(queue.applyTail(second, answer('xy'))).toBe(true);
    expect(queue.applyTail(first, answer('zz'))).toBe(false);
    expect(shape(queue)).toBe('abxy');
  });

  it('brings the old tail back when the request fails, also after a second one', () => {
    const queue = started('abcd');
    queue.advance();
    const first = queue.beginTail(false);
    const second = queue.beginTail(false);
    expect(queue.failTail(first)).toBe(false);
    expect(queue.failTail(second)).toBe(true);
    expect(shape(queue)).toBe('abcd');
    expect(queue.applyTail(second, answer('late'))).toBe(false);
  });

  it('takes neither held clips nor the same clip twice from one answer', () => {
    const queue = started('abcd');
    queue.advance();
    const request = queue.beginTail(false);
    queue.applyTail(request, answer('bxxay'));
    expect(shape(queue)).toBe('abxy');
  });

  it('never moves what was shown, also after swiping back', () => {
    const queue = started('abcd');
    queue.advance();
    queue.advance();
    queue.retreat();
    const request = queue.beginTail(false);
    expect(shape(queue)).toBe('abc');
    queue.applyTail(request, answer('xy'));
    expect(shape(queue)).toBe('abcxy');
    expect(queue.current).toBe(1);
  });

  it('puts the card before the first repeat, once', () => {
    const queue = new FeedQueue();
    queue.reset(answer('abCD', { exhausted: true }));
    expect(shape(queue)).toBe('ab|CD');
    queue.advance();
    queue.advance();
    expect(queue.currentEntry?.kind).toBe('card');
    queue.advance();
    const request = queue.beginTail(false);
    queue.applyTail(request, answer('EF', { exhausted: true }));
    expect(shape(queue)).toBe('ab|CEF');
  });

  it('moves a card that was not reached when newer clips come in', () => {
    const queue = new FeedQueue();
    queue.reset(answer('aBC', { exhausted: true }));
    const request = queue.beginTail(false);
    queue.applyTail(request, answer('xyZ', { exhausted: true }));
    expect(shape(queue)).toBe('axy|Z');
  });

  it('ends with the card when the only clip is on the screen', () => {
    const queue = started('a');
    const request = queue.beginTail(false);
    queue.applyTail(request, answer('', { exhausted: true }));
    expect(shape(queue)).toBe('a|');
    queue.advance();
    expect(queue.canAdvance).toBe(false);
  });

  it('is right with nothing at all', () => {
    const queue = started('');
    expect(queue.currentEntry).toBeUndefined();
    expect(queue.canAdvance).toBe(false);
    expect(queue.retreat()).toBe(false);
    queue.reset(answer('', { exhausted: true }));
    expect(queue.currentEntry).toBeUndefined();
  });

  it('takes unwanted clips out of what is ahead, not from under the finger', () => {
    const queue = started('abab');
    queue.reset(answer('abcd'));
    queue.drop((one) => one.video.id === 'a' || one.video.id === 'c');
    expect(shape(queue)).toBe('abd');
  });
});
