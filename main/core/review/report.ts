import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { reviewWords } from '#shared/i18n/reviews.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { fromBase64 } from '#shared/package/format.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import { actorOf, permitProfile } from '../accounts/acting.ts';
import type { Audit } from '../audit/audit.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetCell, SpreadsheetWriter } from '../ports/spreadsheet.ts';
import type { Store } from '../ports/store.ts';
import type { Reviews } from './reviews.ts';

export interface ReportOptions {
  readonly store: Store;
  readonly files: Files;
  readonly audit: Audit;
  readonly reviews: Reviews;
  readonly now: () => number;
  readonly localOffsetMinutes: (at: number) => number;
  readonly locale: Locale;
  readonly program: string;
  /** Absent: UNSUPPORTED. */
  readonly writer?: SpreadsheetWriter;
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The dashboard outside the window (QA5): its figures as a spreadsheet, its charts as pictures. */
export function createReport(options: ReportOptions): Pick<Handlers, 'reviews.export' | 'pictures.save'> {
  const { store, files, audit } = options;
  return {
    async 'reviews.export'({ from, to, target }) {
      await permitProfile(store, 'records.export');
      const { writer } = options;
      if (writer === undefined) throw new AppFailure('UNSUPPORTED', 'no spreadsheets here');
      const figures = await options.reviews.figures({ from, to });
      const words = reviewWords[options.locale].sheet;
      await audit.write(await actorOf(store), 'reviews.exported', { from, to, reviews: figures.reviews });
      const sink = await files.create(target);
      const sheet = writer.create(sink, {
        columns: [
          { header: words.part, kind: 'text', width: 14 },
          { header: words.item, kind: 'text', width: 26 },
          { header: words.reviews, kind: 'number', width: 10 },
          { header: words.mean, kind: 'number', width: 12 },
          { header: words.lowest, kind: 'number', width: 12 },
          { header: words.defects, kind: 'number', width: 12 },
          { header: words.kappa, kind: 'number', width: 14 },
        ],
        sheetName: (index) => (index === 1 ? words.sheet : `${words.sheet} ${index}`),
        cutMark: () => '…',
        program: options.program,
        madeAt: options.now(),
      });
      try {
        const percent = (share: number | null): SpreadsheetCell =>
          share === null ? '' : Math.round(share * 1_000) / 10;
        const rows: SpreadsheetCell[][] = [
          [words.total, '', figures.reviews, figures.mean ?? '', '', figures.fatal, ''],
          ...figures.by_agent.map((row) => [
            words.byAgent,
            row.agent,
            row.reviews,
            row.mean,
            row.lowest,
            row.fatal,
            '',
          ]),
          ...figures.by_criterion.map((row) => [
            words.byCriterion,
            row.criterion,
            row.judged,
            percent(row.share),
            '',
            row.defects,
            '',
          ]),
          ...figures.by_week.map((row) => [words.byWeek, row.week, row.reviews, row.mean, '', '', '']),
          ...figures.by_tag.map((row) => [words.byTag, row.tag, row.reviews, '', '', '', '']),
          ...figures.agreement.map((row) => [
            words.agreement,
            `${row.a} – ${row.b}`,
            row.receptions,
            row.difference,
            '',
            '',
            row.kappa ?? '',
          ]),
        ];
        await sheet.writeRows(rows);
        await sheet.endRows();
        const iso = (at: number): string => isoWithOffset(at, options.localOffsetMinutes(at));
        await sheet.close({
          name: words.about,
          widths: [22, 80],
          rows: [
            [words.item, words.value],
            [words.range, `${iso(from)} – ${iso(to)}`],
            [words.made, iso(options.now())],
            [words.operator, await actorOf(store)],
            [words.mean, words.meanNote],
            [words.agreement, words.agreementNote],
            [words.program, options.program],
          ],
        });
        const { bytes, path } = await sink.commit();
        return { rows: rows.length, bytes, path };
      } catch (thrown) {
        await sheet.abort();
        await sink.abort();
        throw thrown;
      }
    },

    async 'pictures.save'({ target, png }) {
      await permitProfile(store, 'records.export');
      const picture = fromBase64(png);
      if (picture === null || PNG.some((byte, at) => picture[at] !== byte))
        throw new AppFailure('BAD_INPUT', 'not a PNG picture', { field: 'png' });
      const sink = await files.create(target);
      try {
        await sink.write(picture);
        const { bytes, path } = await sink.commit();
        return { bytes, path };
      } catch (thrown) {
        await sink.abort();
        throw thrown;
      }
    },
  };
}
