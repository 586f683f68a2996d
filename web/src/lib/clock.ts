// What time it is: a device's own clock may be wrong by any amount, the server's is what ages are of.

let aheadMs = 0;

/** `date` is the header of an answer that has just come. */
export function tellTime(date: string | null): void {
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs)) return;
  aheadMs = serverMs - Date.now();
}

/** The server's time in milliseconds since 1970, within about a second. */
export const serverNow = (): number => Date.now() + aheadMs;
