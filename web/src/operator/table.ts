// Tables of numbers, for the screen and for a spreadsheet. Pure.

/** A number stays one in the file, however it is written on the screen; null is nothing. */
export type Raw = string | number | null;

export interface Column {
  name: string;
  /** How a value is written; as it is without. */
  says?: (value: Raw) => string;
  /** Words and not numbers. */
  words?: boolean;
}

/** A field as RFC 4180 has it; nothing in it is taken for a formula by a spreadsheet. */
function field(value: Raw): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(columns: Column[], rows: Raw[][]): string {
  const lines = [columns.map((column) => column.name), ...rows];
  return lines.map((line) => line.map(field).join(',') + '\r\n').join('');
}

/** `loss over time` → `filoscope-loss-over-time.csv` */
export function fileName(title: string): string {
  const words = title
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  return `${['filoscope', ...words].join('-')}.csv`;
}
