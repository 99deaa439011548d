/** A table in Markdown, its columns aligned so that it can be read as text too. Numbers stand right. */
export function markdownTable(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column].length)),
  );
  const isNumber = head.map(
    (_, column) => column > 0 && rows.every((row) => /^[-–+\d.,%×* ]*$/.test(row[column])),
  );
  const line = (cells) =>
    `| ${cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
