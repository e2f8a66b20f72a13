import i18next from 'i18next';
import { toast } from '#renderer/ui/Toast.tsx';
import type { TableContent } from '#renderer/ui/DataTable.tsx';
import { toTsv } from './tsv.ts';

/** Rows to the clipboard as a spreadsheet takes them, and says how many. */
export async function copyRows(content: TableContent, withHead: boolean): Promise<void> {
  try {
    await navigator.clipboard.writeText(toTsv(withHead ? [content.head, ...content.rows] : content.rows));
    toast({ tone: 'done', text: i18next.t('records.copiedRows', { count: content.rows.length }) });
  } catch {
    toast({ tone: 'failed', text: i18next.t('common.copyFailed') });
  }
}

/** Rows that were chosen in a table, without its head. */
export const copyChosen = (content: TableContent): void => void copyRows(content, false);
