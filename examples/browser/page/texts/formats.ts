/** How numbers and times are written in one language. */
export interface Formats {
  /** A size for people, such as `2.4 MB`. */
  size(bytes: number): string;
  /** A size to the byte, such as `2,412,344 bytes`. */
  exactSize(bytes: number): string;
  /** A share from 0 to 1 in percent. */
  percent(share: number): string;
  /** A moment in milliseconds since 1970. */
  time(epochMs: number): string;
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** @param language a tag of BCP 47 */
export function formatsOf(language: string): Formats {
  const exact = new Intl.NumberFormat(language, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
  const scaled = units.map(
    (unit) => new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 }),
  );
  const percent = new Intl.NumberFormat(language, { style: 'percent' });
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return {
    size(bytes) {
      if (bytes < 1000) return exact.format(bytes);
      const step = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
      return scaled[step]?.format(bytes / 1000 ** step) ?? exact.format(bytes);
    },
    exactSize: (bytes) => exact.format(bytes),
    percent: (share) => percent.format(share),
    time: (epochMs) => time.format(epochMs),
  };
}
