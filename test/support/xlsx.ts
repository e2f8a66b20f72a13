import { ZipFile } from 'yazl';
import { AppFailure } from '#shared/contract/errors.ts';
import type { FileRow } from '#main/core/ports/csv.ts';
import type { SpreadsheetReader, SpreadsheetSource } from '#main/core/ports/spreadsheet.ts';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** Bytes as a file with random access, handed out in small pieces. */
export function sourceOf(
  bytes: Uint8Array,
  piece = 4_096,
): SpreadsheetSource & { readonly read: SpreadsheetSource['read'] } {
  return {
    bytes: bytes.length,
    async *read({ start, end }) {
      for (let at = start; at < end; at += piece) yield bytes.subarray(at, Math.min(at + piece, end));
    },
  };
}

/** A zip of these parts, in this order. */
export async function zipOf(parts: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content as string), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The parts of a workbook with one sheet, ready to be changed. `rows`: what stands in `sheetData`. */
export function workbookParts(
  rows: string,
  more: { readonly strings?: string; readonly styles?: string; readonly workbook?: string } = {},
): Record<string, string | Uint8Array> {
  return {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': `<Relationships><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml':
      more.workbook ??
      `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels':
      `<Relationships><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>` +
      `<Relationship Id="rId2" Type="${RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>` +
      `<Relationship Id="rId3" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet xmlns="${MAIN}">${more.styles ?? ''}</styleSheet>`,
    ...(more.strings === undefined ? {} : { 'xl/sharedStrings.xml': `<sst xmlns="${MAIN}">${more.strings}</sst>` }),
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`,
  };
}

export async function readSheetRows(reader: SpreadsheetReader, file: Uint8Array, sheet = 0): Promise<FileRow[]> {
  const book = await reader.open(sourceOf(file));
  try {
    const rows: FileRow[] = [];
    for await (const batch of book.rows(sheet)) rows.push(...batch);
    return rows;
  } finally {
    await book.close();
  }
}

/** Reads every sheet; 'none', or the code of the failure. Anything but an AppFailure is thrown. */
export async function codeOfReading(reader: SpreadsheetReader, file: Uint8Array): Promise<string> {
  try {
    const book = await reader.open(sourceOf(file));
    try {
      for (const index of book.sheets.keys()) for await (const _batch of book.rows(index));
    } finally {
      await book.close();
    }
    return 'none';
  } catch (error) {
    if (error instanceof AppFailure) return error.error.code;
    throw error;
  }
}
