/** The width of a row's number as text: in one width, the order of texts is that of numbers. */
const width = 16;

/** A row's number, from 1 on, as a position. */
export function rowPosition(row: number): string {
  return String(row).padStart(width, '0');
}

/** The number of the row that a position names; 0 for the beginning, and for what names no row. */
export function rowOf(position: string): number {
  const digits = position.slice(0, width);
  return /^\d{16}$/.test(digits) ? Number(digits) : 0;
}
