import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import type { ExportMaker } from '#main/core/export/write-export.ts';
import type { AttachmentReader } from '#main/core/ports/attachments.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { appVersion } from './app-info.ts';
import { packagePorts } from './packages.ts';

/** What writing exports needs of every host alike, on whatever thread. */
export function exportMaker(locale: Locale, attachments?: AttachmentReader): Omit<ExportMaker, 'files' | 'clock'> {
  const { cryptography, pseudonymLabel, ...packages } = packagePorts(locale, attachments);
  return {
    cryptography,
    pseudonymLabel,
    localOffsetMinutes,
    packages,
    spreadsheet: {
      writer: createXlsxWriter(),
      words: spreadsheetWords[locale],
      program: `Merchant Workbench ${appVersion()}`,
    },
  };
}

/** Two runs with the same answer write the same bytes from the same records. */
export function madeBy(locale: Locale): string {
  return `${appVersion()} ${locale} ${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
}
