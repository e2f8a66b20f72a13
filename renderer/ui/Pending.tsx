import { createContext, useContext, type ReactNode } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import { ErrorState, LoadingState } from './states.tsx';
import { errorWords } from './words.ts';

export interface PendingWords {
  /** What a screen reader hears while it loads. */
  readonly loading: string;
  readonly retry: string;
}

const Words = createContext<PendingWords>({ loading: '', retry: '' });

export function PendingWordsProvider(props: { words: PendingWords; children: ReactNode }) {
  return <Words value={props.words}>{props.children}</Words>;
}

/** In the place of an answer that isn't there: it is on its way, or why it failed and how to ask again (UX4, UX6). */
export function Pending(props: { error: AppError | null; onRetry?: () => void; rows?: number }) {
  const { loading, retry } = useContext(Words);
  const { error, onRetry, rows } = props;
  if (error === null) return <LoadingState label={loading} {...(rows === undefined ? {} : { rows })} />;
  return (
    <ErrorState
      words={errorWords(error)}
      code={error.code}
      retry={retry}
      {...(onRetry === undefined ? {} : { onRetry })}
    />
  );
}
