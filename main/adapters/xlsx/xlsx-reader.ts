import { AppFailure } from '#shared/contract/errors.ts';
import type { SpreadsheetReader } from '#main/core/ports/spreadsheet.ts';
import { findMergedDown } from './merged-cells.ts';
import { meaningOf, type NumberMeaning } from './number-formats.ts';
import { createSharedStrings, type SharedStringsOptions } from './shared-strings.ts';
import { readSheet } from './sheet-rows.ts';
import { attribute, createXmlReader, type XmlEvents } from './xml-reader.ts';
import { openZipParts, type ZipParts } from './zip-parts.ts';

/** Of the parts that describe the others. */
const MAX_DESCRIPTION_BYTES = 32 * 1024 ** 2;
const MAX_SHEETS = 4_096;

interface Relation {
  readonly id: string;
  readonly type: string;
  /** Name of a part; external ones are left out, nothing outside of the file is ever read. */
  readonly part: string;
}

/** SR11, SE6: XLSX in both its forms (transitional, strict), whoever wrote it. */
export function createXlsxReader(options: { readonly strings?: SharedStringsOptions } = {}): SpreadsheetReader {
  return {
    async open(source) {
      const parts = await openZipParts(source);
      try {
        const workbookPart = await findWorkbook(parts);
        const { sheets: listed, since1904 } = await readWorkbook(parts, workbookPart);
        const relations = await readRelations(parts, workbookPart);
        const sheets = listed.flatMap(({ name, hidden, relation }) => {
          const found = relations.find(({ id, type }) => id === relation && type === 'worksheet');
          return found === undefined ? [] : [{ name, hidden, part: found.part }];
        });
        if (sheets.length === 0) throw new AppFailure('FILE_FORMAT', 'no sheet', { format: 'xlsx' });
        const stylesPart = relations.find(({ type }) => type === 'styles')?.part;
        // Without them dates would be mere numbers: a part that is named and missing is damage. Strings are missed when asked for.
        const meanings = stylesPart === undefined ? [] : await readStyles(parts, stylesPart);
        const stringsPart = relations.find(({ type }) => type === 'sharedStrings')?.part;
        const strings = createSharedStrings(
          stringsPart === undefined || !parts.has(stringsPart) ? null : parts.read(stringsPart),
          options.strings,
        );
        return {
          sheets: sheets.map(({ name, hidden }) => ({ name, hidden })),
          async *rows(index) {
            const sheet = sheets[index];
            if (sheet === undefined) throw new AppFailure('INTERNAL', 'no such sheet');
            const merged = await findMergedDown(parts.read(sheet.part));
            yield* readSheet(parts.read(sheet.part), { strings, meanings, since1904, merged });
          },
          async close() {
            await strings.close();
            parts.close();
          },
        };
      } catch (thrown) {
        parts.close();
        throw thrown;
      }
    },
  };
}

async function findWorkbook(parts: ZipParts): Promise<string> {
  if (!parts.has('_rels/.rels')) {
    // Other zips that people take for spreadsheets.
    const format = parts.has('mimetype') ? 'opendocument' : 'zip';
    throw new AppFailure('FILE_FORMAT', 'no XLSX file', { format });
  }
  const found = (await readRelations(parts, '')).find(({ type }) => type === 'officeDocument')?.part;
  if (found === undefined || !parts.has(found)) throw new AppFailure('FILE_FORMAT', 'no workbook', { format: 'zip' });
  if (found.endsWith('.bin')) throw new AppFailure('FILE_FORMAT', 'a binary workbook', { format: 'xlsb' });
  return found;
}

async function readWorkbook(parts: ZipParts, part: string) {
  const sheets: { readonly name: string; readonly hidden: boolean; readonly relation: string }[] = [];
  let since1904 = false;
  let isWorkbook = false;
  await readAll(parts, part, {
    open(name, attributes) {
      if (name === 'workbook') isWorkbook = true;
      else if (name === 'workbookPr') since1904 = /^(?:1|true)$/u.test(attributes['date1904'] ?? '');
      else if (name === 'sheet' && sheets.length < MAX_SHEETS)
        sheets.push({
          name: attributes['name'] ?? '',
          hidden: (attributes['state'] ?? 'visible') !== 'visible',
          relation: attribute(attributes, 'id') ?? '',
        });
    },
    close: () => {},
    text: () => {},
  });
  if (!isWorkbook) throw new AppFailure('FILE_FORMAT', 'no workbook but another document', { format: 'zip' });
  return { sheets, since1904 };
}

/** Relations of a part; '' for those of the whole file. None where the part has none. */
async function readRelations(parts: ZipParts, part: string): Promise<readonly Relation[]> {
  const slash = part.lastIndexOf('/');
  const folder = part.slice(0, slash + 1);
  const file = `${folder}_rels/${part.slice(slash + 1)}.rels`;
  if (!parts.has(file)) return [];
  const found: Relation[] = [];
  await readAll(parts, file, {
    open(name, attributes) {
      if (name !== 'Relationship' || attributes['TargetMode'] === 'External') return;
      const type = attributes['Type'] ?? '';
      found.push({
        id: attributes['Id'] ?? '',
        type: type.slice(type.lastIndexOf('/') + 1),
        part: resolvePart(folder, attributes['Target'] ?? ''),
      });
    },
    close: () => {},
    text: () => {},
  });
  return found;
}

/** Only ever a name in the package's own list; it never reaches the file system. */
function resolvePart(folder: string, target: string): string {
  const steps: string[] = [];
  for (const step of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}

async function readStyles(parts: ZipParts, part: string): Promise<readonly NumberMeaning[]> {
  const codes = new Map<number, string>();
  const formats: number[] = [];
  let inCells = false;
  await readAll(parts, part, {
    open(name, attributes) {
      if (name === 'numFmt') codes.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '');
      else if (name === 'cellXfs') inCells = true;
      else if (name === 'xf' && inCells) formats.push(Number(attributes['numFmtId'] ?? 0));
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
    text: () => {},
  });
  return formats.map((id) => meaningOf(id, codes.get(id)));
}

async function readAll(parts: ZipParts, part: string, events: XmlEvents): Promise<void> {
  const reader = createXmlReader(events);
  for await (const chunk of parts.read(part, MAX_DESCRIPTION_BYTES)) reader.write(chunk);
  reader.end();
}
