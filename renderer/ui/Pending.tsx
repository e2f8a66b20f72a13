import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import { ErrorState, LoadingState } from './states.tsx';
import { errorWords } from './words.ts';

/** In the place of an answer that isn't there: it is on its way, or why it failed and how to ask again (UX4, UX6). */
export function Pending(props: { error: AppError | null; onRetry?: () => void; rows?: number }) {
  const { t } = useTranslation();
  const { error, onRetry, rows } = props;
  if (error === null) return <LoadingState label={t('common.loading')} {...(rows === undefined ? {} : { rows })} />;
  return (
    <ErrorState
      words={errorWords(error)}
      code={error.code}
      retry={t('common.retry')}
      {...(onRetry === undefined ? {} : { onRetry })}
    />
  );
}
