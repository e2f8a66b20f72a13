import { hash } from 'node:crypto';
import { AppFailure } from '#shared/contract/errors.ts';
import type {
  CutCell,
  SpreadsheetCell,
  SpreadsheetColumn,
  SpreadsheetLayout,
  SpreadsheetSink,
  SpreadsheetTarget,
  SpreadsheetWriter,
} from '#main/core/ports/spreadsheet.ts';
import { createTimeText, serialOf } from './local-time.ts';
import { createZipPacker, type ZipPackerState } from './zip-packer.ts';
import { escapeXml, isPlain, wholeText } from './xml-text.ts';

export interface XlsxWriterOptions {
  /** Rows of a sheet with its header. */
  readonly maxRows?: number;
  /** UTF-16 units in a cell. */
  readonly maxCell?: number;
  /** Bytes of a sheet's XML. */
  readonly maxSheetBytes?: number;
}

/** A sheet has 1,048,576 rows; we stay below. */
const MAX_ROWS = 1_048_575;
const MAX_CELL = 32_767;
/** Below 4 GiB, from where on a zip needs extensions that not every program reads. */
const MAX_SHEET_BYTES = 3 * 1024 ** 3;
const MAX_LISTED_CUTS = 10_000;
const PIECE_CHARS = 1024 * 1024;
/** What is packed at once; a batch of rows as a rule makes one or two. */
const PIECE_BYTES = 2 * 1024 * 1024;
/** Rows of a block of the hash (ports/spreadsheet.ts). */
const HASH_BLOCK = 1_000;

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Positions in `cellXfs` of STYLES. */
const TEXT = 1;
const TIME = 2;
const HEAD = 3;

/**
 * Text cells carry the format "@": also when a person edits them, a number stays text and a formula stays words.
 */
const STYLES =
  `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>` +
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
  '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
  '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
  '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>' +
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>';

interface Sheet {
  readonly name: string;
  /** Rows with the header. */
  rows: number;
  bytes: number;
  readonly filtered: boolean;
}

interface SinkState {
  readonly zip: ZipPackerState;
  readonly sheets: Sheet[];
  readonly open: boolean;
  readonly total: number;
  readonly hash: string;
  readonly lines: string;
  readonly lineCount: number;
  readonly cuts: CutCell[];
  readonly cutTotal: number;
}

/** EX2: XLSX with real cells. The XML is written here and packed in other threads while rows keep coming. */
export function createXlsxWriter(options: XlsxWriterOptions = {}): SpreadsheetWriter {
  const limits = {
    rows: options.maxRows ?? MAX_ROWS,
    cell: options.maxCell ?? MAX_CELL,
    bytes: options.maxSheetBytes ?? MAX_SHEET_BYTES,
  };
  return { create: (target, layout, state) => createSink(target, layout, limits, (state ?? null) as SinkState | null) };
}

function createSink(
  target: SpreadsheetTarget,
  layout: SpreadsheetLayout,
  limits: { readonly rows: number; readonly cell: number; readonly bytes: number },
  from: SinkState | null,
): SpreadsheetSink {
  const { columns } = layout;
  const letters = columns.map((_column, index) => columnLetters(index));
  const zip = createZipPacker((bytes) => target.write(bytes), from?.zip ?? null);
  const timeText = createTimeText();
  const cuts: CutCell[] = from === null ? [] : [...from.cuts];
  let cutTotal = from?.cutTotal ?? 0;
  let total = from?.total ?? 0;
  let chained = from?.hash ?? '';
  let lines = from?.lines ?? '';
  let lineCount = from?.lineCount ?? 0;
  const sheets: Sheet[] = from === null ? [] : from.sheets.map((sheet) => ({ ...sheet }));
  let open: { readonly sheet: Sheet } | null = from?.open === true ? { sheet: sheets.at(-1) as Sheet } : null;
  let given = false;

  // First in the file: programs that tell types by the first bytes look for it.
  if (from === null) zip.add('_rels/.rels', Buffer.from(ROOT_RELATIONS));

  async function push(xml: string): Promise<void> {
    await pushBytes(Buffer.from(xml, 'utf8'));
  }

  async function pushBytes(bytes: Buffer): Promise<void> {
    if (open === null) throw new AppFailure('INTERNAL', 'no open sheet');
    open.sheet.bytes += bytes.length;
    await zip.write(bytes);
  }

  function endBlock(): void {
    chained = hash('sha256', chained + lines);
    lines = '';
    lineCount = 0;
  }

  async function beginSheet(name: string, widths: readonly number[], filtered: boolean): Promise<Sheet> {
    const sheet: Sheet = { name, rows: 0, bytes: 0, filtered };
    sheets.push(sheet);
    open = { sheet };
    zip.open(`xl/worksheets/sheet${sheets.length}.xml`);
    const selected = sheets.length === 1 ? ' tabSelected="1"' : '';
    await push(
      `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView${selected} workbookViewId="0">` +
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/>' +
        `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>${widths
          .map((width, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`)
          .join('')}</cols><sheetData>`,
    );
    return sheet;
  }

  async function endSheet(): Promise<void> {
    if (open === null) return;
    const { sheet } = open;
    const range = `A1:${letters.at(-1) ?? 'A'}${Math.max(1, sheet.rows)}`;
    await push(
      '</sheetData>' +
        (sheet.filtered ? `<autoFilter ref="${range}"/>` : '') +
        // Ids are text on purpose: no green corner in every cell.
        `<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors></worksheet>`,
    );
    await zip.close();
    open = null;
  }

  async function beginRows(): Promise<Sheet> {
    const sheet = await beginSheet(
      sheetName(layout.sheetName(sheets.length + 1), sheets),
      columns.map((column) => column.width),
      true,
    );
    await push(
      plainRow(
        1,
        columns.map((column) => column.header),
        HEAD,
        limits.cell,
      ),
    );
    sheet.rows = 1;
    return sheet;
  }

  /** What stands in the cell instead. */
  function cut(text: string, sheet: Sheet, line: number, row: string, column: SpreadsheetColumn): string {
    cutTotal++;
    if (cuts.length < MAX_LISTED_CUTS)
      cuts.push({
        sheet: sheet.name,
        line,
        row,
        column: column.header,
        length: text.length,
        sha256: hash('sha256', text),
      });
    const mark = layout.cutMark(text.length);
    return cutAt(text, limits.cell - mark.length) + mark;
  }

  function rowXml(cells: readonly SpreadsheetCell[], sheet: Sheet, line: number, shown: string[]): string {
    let xml = `<row r="${line}">`;
    for (const [index, column] of columns.entries()) {
      const cell = cells[index] ?? '';
      if (column.kind === 'flag' && typeof cell === 'boolean') {
        shown.push(cell ? 'TRUE' : 'FALSE');
        xml += `<c r="${letters[index]}${line}" t="b"><v>${cell ? 1 : 0}</v></c>`;
        continue;
      }
      if (column.kind === 'number' && typeof cell === 'number' && Number.isFinite(cell)) {
        shown.push(String(cell));
        xml += `<c r="${letters[index]}${line}"><v>${cell}</v></c>`;
        continue;
      }
      if (column.kind === 'time' && typeof cell === 'number') {
        const serial = serialOf(cell);
        if (serial !== null) {
          shown.push(timeText(cell));
          xml += `<c r="${letters[index]}${line}" s="${TIME}"><v>${serial}</v></c>`;
          continue;
        }
      }
      const given = typeof cell === 'string' ? cell : String(cell);
      const text = given.length > limits.cell ? cut(given, sheet, line, String(cells[0] ?? ''), column) : given;
      const plain = isPlain(text);
      const whole = plain ? text : wholeText(text);
      shown.push(whole);
      if (whole !== '') xml += `<c r="${letters[index]}${line}${textOf(whole, plain ? whole : escapeXml(whole), TEXT)}`;
    }
    return `${xml}</row>`;
  }

  return {
    async writeRows(rows) {
      if (given) throw new AppFailure('CANCELLED', 'the spreadsheet was given up');
      // Each row is put into bytes at once: joined to one long text, its thousands of parts would be walked and kept for long.
      let piece: Buffer | null = null;
      let filled = 0;
      const flush = async (): Promise<void> => {
        if (piece === null) return;
        const bytes = piece.subarray(0, filled);
        piece = null;
        filled = 0;
        await pushBytes(bytes);
      };
      for (const cells of rows) {
        // What waits here counts towards the sheet it goes to.
        const full = open !== null && (open.sheet.rows >= limits.rows || open.sheet.bytes + filled >= limits.bytes);
        if (full) {
          await flush();
          await endSheet();
        }
        const sheet = open?.sheet ?? (await beginRows());
        const shown: string[] = [];
        const xml = rowXml(cells, sheet, sheet.rows + 1, shown);
        sheet.rows++;
        total++;
        lines += `${JSON.stringify(shown)}\n`;
        if (++lineCount === HASH_BLOCK) endBlock();
        const most = 3 * xml.length;
        if (filled + most > PIECE_BYTES) await flush();
        if (most > PIECE_BYTES) await push(xml);
        else {
          piece ??= Buffer.allocUnsafe(PIECE_BYTES);
          filled += piece.write(xml, filled);
        }
      }
      // Pieces end with the batch: an export that is taken up again cuts them at the same places.
      await flush();
    },

    async state() {
      const packed = await zip.state();
      return {
        zip: packed,
        sheets: sheets.map((sheet) => ({ ...sheet })),
        open: open !== null,
        total,
        hash: chained,
        lines,
        lineCount,
        cuts: [...cuts],
        cutTotal,
      } satisfies SinkState;
    },

    async endRows() {
      if (sheets.length === 0) await beginRows();
      await endSheet();
      if (lineCount > 0 || chained === '') endBlock();
      return {
        rows: total,
        sheets: sheets.map((sheet) => sheet.name),
        sha256: chained,
        cut: cuts,
        cut_total: cutTotal,
      };
    },

    async close(context) {
      await beginSheet(sheetName(context.name, sheets), context.widths, false);
      let xml = '';
      for (const [index, cells] of context.rows.entries()) {
        xml += plainRow(index + 1, cells, index === 0 ? HEAD : TEXT, limits.cell);
        if (xml.length < PIECE_CHARS) continue;
        await push(xml);
        xml = '';
      }
      await push(xml);
      await endSheet();
      for (const [name, text] of parts(sheets, layout, letters.at(-1) ?? 'A')) zip.add(name, Buffer.from(text));
      await zip.finish();
    },

    async abort() {
      given = true;
      await zip.abort();
    },
  };
}

/** A cell of text behind its address. */
function textOf(text: string, xml: string, style: number): string {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  // Without it XML readers may drop blanks at both ends.
  const preserve = first <= 32 || last <= 32 || text.includes('\n') ? ' xml:space="preserve"' : '';
  return `" s="${style}" t="inlineStr"><is><t${preserve}>${xml}</t></is></c>`;
}

const textCell = (at: string, text: string, xml: string, style: number): string =>
  `<c r="${at}${textOf(text, xml, style)}`;

function plainRow(line: number, cells: readonly string[], style: number, maxCell: number): string {
  let xml = `<row r="${line}">`;
  for (const [index, text] of cells.entries())
    if (text !== '')
      xml += textCell(`${columnLetters(index)}${line}`, text, escapeXml(wholeText(cutAt(text, maxCell))), style);
  return `${xml}</row>`;
}

/** At most `length` UTF-16 units, no pair of surrogates cut in two. */
function cutAt(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function columnLetters(index: number): string {
  let letters = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  return letters;
}

/** 31 characters, none of `[]:*?/\`, no apostrophe at either end, and none twice whatever the case. */
function sheetName(wanted: string, taken: readonly Sheet[]): string {
  const plain = cutAt(wanted.replace(/[[\]:*?/\\\p{Cc}]/gu, '_'), 31).replace(/^'|'$/gu, '_') || '_';
  const used = new Set(taken.map((sheet) => sheet.name.toLowerCase()));
  let name = plain;
  for (let copy = 2; used.has(name.toLowerCase()); copy++) name = `${cutAt(plain, 31 - ` ${copy}`.length)} ${copy}`;
  return name;
}

const ROOT_RELATIONS =
  `${XML}<Relationships xmlns="${PACKAGE}/relationships">` +
  `<Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/>` +
  `<Relationship Id="rId2" Type="${PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
  `<Relationship Id="rId3" Type="${RELATIONS}/extended-properties" Target="docProps/app.xml"/></Relationships>`;

/** Everything that can be said once all sheets are known. */
function parts(sheets: readonly Sheet[], layout: SpreadsheetLayout, lastColumn: string): readonly [string, string][] {
  const content = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const filters = sheets.flatMap((sheet, index) =>
    sheet.filtered
      ? [
          `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">'${escapeXml(
            sheet.name.replaceAll("'", "''"),
          )}'!$A$1:$${lastColumn}$${Math.max(1, sheet.rows)}</definedName>`,
        ]
      : [],
  );
  const made = new Date(layout.madeAt).toISOString().replace(/\.\d+Z$/u, 'Z');
  return [
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
        '<Default Extension="xml" ContentType="application/xml"/>' +
        `<Override PartName="/xl/workbook.xml" ContentType="${content}.sheet.main+xml"/>` +
        sheets
          .map(
            (_sheet, index) =>
              `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${content}.worksheet+xml"/>`,
          )
          .join('') +
        `<Override PartName="/xl/styles.xml" ContentType="${content}.styles+xml"/>` +
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>' +
        '<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>',
    ],
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><bookViews><workbookView activeTab="0"/></bookViews><sheets>` +
        sheets
          .map(
            (sheet, index) => `<sheet name="${escapeXml(sheet.name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
          )
          .join('') +
        `</sheets>${filters.length === 0 ? '' : `<definedNames>${filters.join('')}</definedNames>`}</workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships">` +
        sheets
          .map(
            (_sheet, index) =>
              `<Relationship Id="rId${index + 1}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
          )
          .join('') +
        `<Relationship Id="rId${sheets.length + 1}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
    [
      'docProps/core.xml',
      `${XML}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
        `<dc:creator>${escapeXml(wholeText(layout.program))}</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">${made}</dcterms:created></cp:coreProperties>`,
    ],
    [
      'docProps/app.xml',
      `${XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>${escapeXml(wholeText(layout.program))}</Application></Properties>`,
    ],
  ];
}
