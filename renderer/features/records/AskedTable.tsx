import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Asked } from '#renderer/bridge/ask.ts';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { errorWords } from '#renderer/ui/words.ts';

/** A table, or what stands in its place while there are no rows: searching, stopped, failed, nothing found (UX4). */
export function AskedTable(props: { asked: Asked<unknown>; empty: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  const { asked } = props;
  if (asked.data === null) {
    if (asked.error?.code === 'CANCELLED')
      return <StateMessage icon="search" title={t('records.cancelled')} note={t('records.cancelledNote')} />;
    if (asked.error)
      return (
        <ErrorState
          words={errorWords(asked.error)}
          code={asked.error.code}
          retry={t('common.retry')}
          onRetry={asked.reload}
        />
      );
    return <LoadingState label={t('records.searching')} rows={8} />;
  }
  if (props.empty) return <StateMessage icon="search" title={t('records.empty')} note={t('records.emptyNote')} />;
  return props.children;
}
