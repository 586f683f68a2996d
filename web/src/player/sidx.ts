// The index of a fragmented MP4: where each segment's bytes are and when they play.
// Source: ISO/IEC 14496-12, 8.16.3 (Segment Index Box).

export interface IndexedSegment {
  /** First byte in the file. */
  start: number;
  /** Last byte in the file, inclusive. */
  end: number;
  fromS: number;
  toS: number;
}

/** More entries than this is not a short video but an attack on memory. */
export const SEGMENTS_MAX = 20_000;

interface Box {
  type: string;
  /** Offset of the payload, behind size and type. */
  payload: number;
  /** Offset behind the last byte. */
  end: number;
}

function* boxes(view: DataView): Generator<Box> {
  let at = 0;
  while (at + 8 <= view.byteLength) {
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1) {
      if (at + 16 > view.byteLength) return;
      size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      header = 16;
    }
    if (size < header) return;
    const type = String.fromCharCode(
      view.getUint8(at + 4),
      view.getUint8(at + 5),
      view.getUint8(at + 6),
      view.getUint8(at + 7),
    );
    yield { type, payload: at + header, end: at + size };
    at += size;
  }
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

/**
 * Reads the first `sidx` in `data`, which begins at byte `fileOffset` of the file.
 * Returns null when there is none, when it is cut off, or when what it says cannot be true.
 */
export function parseSidx(data: ArrayBuffer, fileOffset = 0): IndexedSegment[] | null {
  const view = new DataView(data);
  for (const box of boxes(view)) {
    if (box.type === 'sidx') {
      if (box.end > view.byteLength) return null;
      return readSidx(view, box, fileOffset + box.end);
    }
    if (box.type === 'moof' || box.type === 'mdat') return null;
  }
  return null;
}

function readSidx(view: DataView, box: Box, anchor: number): IndexedSegment[] | null {
  let at = box.payload;
  if (at + 12 > box.end) return null;
  const version = view.getUint8(at);
  const timescale = view.getUint32(at + 8);
  if (version > 1 || timescale === 0) return null;
  at += 12;
  const wide = version === 1;
  if (at + (wide ? 16 : 8) + 4 > box.end) return null;
  let time = wide ? u64(view, at) : view.getUint32(at);
  const firstOffset = wide ? u64(view, at + 8) : view.getUint32(at + 4);
  at += wide ? 16 : 8;
  const count = view.getUint16(at + 2);
  at += 4;
  if (count === 0 || count > SEGMENTS_MAX || at + count * 12 > box.end) return null;
  let start = anchor + firstOffset;
  const segments: IndexedSegment[] = [];
  for (let index = 0; index < count; index++, at += 12) {
    const reference = view.getUint32(at);
    const size = reference & 0x7fffffff;
    // A reference to another index (hierarchical sidx) is not how short videos are packed.
    if (reference >>> 31 !== 0 || size === 0) return null;
    const duration = view.getUint32(at + 4);
    segments.push({
      start,
      end: start + size - 1,
      fromS: time / timescale,
      toS: (time + duration) / timescale,
    });
    start += size;
    time += duration;
  }
  if (!Number.isSafeInteger(start)) return null;
  return segments;
}

/** The segment that plays at `timeS`; the last one behind the end, 0 before the beginning. */
export function segmentAt(segments: readonly IndexedSegment[], timeS: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.fromS ?? Infinity) <= timeS) low = middle;
    else high = middle - 1;
  }
  return low;
}
