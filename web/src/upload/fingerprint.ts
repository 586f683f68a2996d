// A mark by which the same file is known again after the tab was closed: its size and a hash of
// its first and last 64 KiB. The name may change; a phone gives a new one with every choice.

const PART_BYTES = 65_536;

export async function fingerprint(file: File): Promise<string> {
  const head = await file.slice(0, PART_BYTES).arrayBuffer();
  const tail = await file.slice(Math.max(0, file.size - PART_BYTES)).arrayBuffer();
  return `${file.size.toString(36)}-${fnv(head)}${fnv(tail)}`;
}

/** FNV-1a, 32 bit: enough to tell one person's files apart; works without https. */
function fnv(data: ArrayBuffer): string {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(data)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
