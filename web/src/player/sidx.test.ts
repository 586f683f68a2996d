import { describe, expect, it } from 'vitest';
import { parseSidx, segmentAt } from './sidx';

interface Reference {
  size: number;
  duration: number;
  type?: number;
}

function box(type: string, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(payload, 8);
  return bytes;
}

function sidx(
  references: Reference[],
  { version = 0, timescale = 1000, earliest = 0, offset = 0, count = references.length } = {},
): Uint8Array {
  const head = version === 1 ? 32 : 24;
  const payload = new Uint8Array(head + references.length * 12);
  const view = new DataView(payload.buffer);
  payload[0] = version;
  view.setUint32(4, 1);
  view.setUint32(8, timescale);
  if (version === 1) {
    view.setUint32(16, earliest);
    view.setUint32(24, offset);
  } else {
    view.setUint32(12, earliest);
    view.setUint32(16, offset);
  }
  view.setUint16(head - 2, count);
  references.forEach(({ size, duration, type = 0 }, i) => {
    view.setUint32(head + i * 12, ((type << 31) | size) >>> 0);
    view.setUint32(head + i * 12 + 4, duration);
    view.setUint32(head + i * 12 + 8, 0x90000000);
  });
  return box('sidx', payload);
}

function join(...parts: Uint8Array[]): ArrayBuffer {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}

const ftyp = box('ftyp', new Uint8Array(16));
const moov = box('moov', new Uint8Array(200));
const two: Reference[] = [
  { size: 1000, duration: 1000 },
  { size: 3000, duration: 2000 },
];

describe('parseSidx', () => {
  it.each([0, 1])('reads segments behind ftyp and moov, version %i', (version) => {
    const index = sidx(two, { version });
    const start = ftyp.length + moov.length + index.length;
    expect(parseSidx(join(ftyp, moov, index))).toEqual([
      { start, end: start + 999, fromS: 0, toS: 1 },
      { start: start + 1000, end: start + 3999, fromS: 1, toS: 3 },
    ]);
  });

  it('adds the first offset, the earliest time and the place in the file', () => {
    const index = sidx(two, { offset: 50, earliest: 500 });
    const [first] = parseSidx(join(index), 10_000) ?? [];
    expect(first?.start).toBe(10_000 + index.length + 50);
    expect(first?.fromS).toBe(0.5);
  });

  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['no sidx', join(ftyp, moov)],
    ['media before the index', join(ftyp, box('moof', new Uint8Array(8)), sidx(two))],
    ['a cut index', join(ftyp, sidx(two).slice(0, -5))],
    ['only a header', join(box('sidx', new Uint8Array(0)))],
    ['a timescale of zero', join(sidx(two, { timescale: 0 }))],
    ['an unknown version', join(sidx(two, { version: 2 }))],
    ['more entries than bytes', join(sidx(two, { count: 40_000 }))],
    ['no entries', join(sidx([]))],
    ['an empty segment', join(sidx([{ size: 0, duration: 1 }]))],
    ['an index of indexes', join(sidx([{ size: 10, duration: 1, type: 1 }]))],
    ['a box smaller than its header', new Uint8Array([0, 0, 0, 4, 102, 116, 121, 112]).buffer],
    ['a box of size zero', new Uint8Array(64).buffer],
  ])('refuses %s', (_name, data) => {
    expect(parseSidx(data)).toBeNull();
  });

  it('never throws on random bytes', () => {
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) & 0xff;
    const good = new Uint8Array(join(ftyp, moov, sidx(two)));
    for (let round = 0; round < 2000; round++) {
      const bytes = good.slice(0, 1 + ((random() << 2) % good.length));
      for (let flips = 0; flips < 4; flips++) bytes[random() % bytes.length] = random();
      const segments = parseSidx(bytes.buffer as ArrayBuffer);
      for (const segment of segments ?? []) expect(segment.end).toBeGreaterThanOrEqual(segment.start);
    }
  });
});

describe('segmentAt', () => {
  const segments = parseSidx(join(sidx([...two, { size: 10, duration: 2000 }]))) ?? [];
  it.each([
    [-1, 0],
    [0, 0],
    [0.99, 0],
    [1, 1],
    [2.9, 1],
    [3, 2],
    [99, 2],
  ])('%f s is in segment %i', (time, index) => {
    expect(segmentAt(segments, time)).toBe(index);
  });
});
