/**
 * Rows for the clipboard, as spreadsheets take them: cells separated by tabs. What consumers wrote can't become a formula
 * (SE2): a text that starts like one gets an apostrophe before it.
 */
export function toTsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => row.map(cell).join('\t')).join('\r\n');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[\t\r\n"]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
