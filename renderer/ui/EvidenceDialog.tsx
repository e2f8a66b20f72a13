import type { AppError } from '#shared/contract/errors.ts';
import type { zhCN } from '#shared/i18n/index.ts';
import { NoteDialog } from './NoteDialog.tsx';
import { errorWords } from './words.ts';

/** The part of i18next's `t` that is needed here: this folder knows no catalogue. */
export type EvidenceSay = (key: 'common.cancel' | `evidence.${keyof typeof zhCN.evidence}`) => string;

/** Asks for the reason before a message is kept as evidence, or its mark is taken back (AD3). */
export function EvidenceDialog(props: {
  wish: {
    /** It is marked: the mark is to be taken back. */
    readonly marked: boolean;
    readonly busy: boolean;
    readonly error: AppError | null;
  };
  say: EvidenceSay;
  onConfirm: (note: string) => void;
  onClose: () => void;
}) {
  const { say } = props;
  const { marked, busy, error } = props.wish;
  return (
    <NoteDialog
      title={say(marked ? 'evidence.releaseTitle' : 'evidence.markTitle')}
      label={say('evidence.note')}
      hint={say('evidence.noteHint')}
      confirm={say(marked ? 'evidence.release' : 'evidence.mark')}
      cancel={say('common.cancel')}
      danger={marked}
      busy={busy}
      problem={error === null ? null : { text: errorWords(error).title, code: error.code }}
      maxLength={1_000}
      onConfirm={props.onConfirm}
      onCancel={props.onClose}
    >
      <p>{say(marked ? 'evidence.releaseText' : 'evidence.markText')}</p>
    </NoteDialog>
  );
}
