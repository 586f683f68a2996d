// Numbers as people read them where no language is involved.

/** A reason from the server as a sentence of its own. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const OTHER_WAY =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Somebody's words inside a sentence: written from right to left they turn nothing around them. */
export const isolated = (text: string): string => (OTHER_WAY.test(text) ? `\u2068${text}\u2069` : text);

/** 75 → "1:15" */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** What a browser calls itself, as a person would: "Firefox, Android". */
export function device(client: string): string {
  const name = (names: Record<string, RegExp>) => Object.keys(names).find((key) => names[key]?.test(client));
  const browser = name({ Edge: /Edg/, Firefox: /Firefox|FxiOS/, Chrome: /Chrom|CriOS/, Safari: /Safari/ });
  const system = name({
    Android: /Android/,
    iOS: /iPhone|iPad/,
    Windows: /Windows/,
    macOS: /Mac OS X/,
    Linux: /Linux/,
  });
  return browser && system ? `${browser}, ${system}` : client.slice(0, 40);
}
