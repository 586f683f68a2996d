// Numbers as people read them where no language is involved.

/** A reason from the server as a sentence of its own. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** 75 → "1:15" */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** 8388608 → "8.4 MB" */
export function megabytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
