import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input } from '#renderer/ui/fields.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';
import { kindsOf } from '../guard/words.ts';
import { cut } from './FieldMarks.tsx';
import type { OriginDoubt } from './origin.ts';

/** What the person is asked before a text goes out. All of it in one dialog: one Enter, one Esc. */
export interface Asking {
  readonly text: string;
  /** Names of the files that go alone, where there is no text. */
  readonly files: readonly string[];
  readonly doubts: readonly OriginDoubt[];
  /** Those that ask for confirmation, or (with `override`) block. */
  readonly hits: readonly GuardHit[];
  readonly override: boolean;
  /** PV9. */
  readonly same: boolean;
}

const LONGEST_REASON = 500;

export function SendDialog(props: {
  asking: Asking;
  name: string;
  onSend: (reason: string | null) => void;
  onBack: () => void;
}) {
  const { t, i18n } = useTranslation();
  const { asking, name } = props;
  const [reason, setReason] = useState('');
  const kinds = kindsOf(asking.hits, t, currentLocale(i18n.language));
  const ready = !asking.override || [...reason.trim()].length >= 2;
  return (
    <ConfirmDialog
      open
      title={asking.override ? t('compose.ask.blockedTitle') : t('compose.ask.title', { name })}
      confirm={t('compose.ask.send')}
      cancel={t('compose.ask.back')}
      danger={asking.override}
      disabled={!ready}
      onConfirm={() => props.onSend(asking.override ? reason.trim() : null)}
      onCancel={props.onBack}
    >
      <div className="send-ask">
        {asking.doubts.map((doubt) => (
          <p key={doubt.why}>
            {doubt.why === 'switched'
              ? doubt.from === null
                ? t('compose.ask.switched')
                : t('compose.ask.switchedFrom', { from: doubt.from })
              : t(`compose.ask.${doubt.why}`, { from: doubt.from })}
          </p>
        ))}
        {asking.same && <p>{t('compose.ask.same', { name })}</p>}
        {asking.hits.length > 0 && (
          <p>{asking.override ? t('compose.ask.blocked', { kinds }) : t('compose.ask.confirm', { kinds })}</p>
        )}
        <blockquote className="send-ask-text foreign">
          {cut(
            asking.text,
            asking.hits.map(({ start, end, action }) => ({ start, end, mark: action })),
          ).map((piece, index) =>
            piece.mark === null ? (
              piece.text
            ) : (
              <strong key={index} className={`composer-mark is-${piece.mark}`}>
                {piece.text}
              </strong>
            ),
          )}
          {asking.files.map((file, index) => (
            <span key={index} className="send-ask-file">
              {file}
            </span>
          ))}
        </blockquote>
        {asking.override && (
          <Field label={t('compose.ask.reason')} id="override-reason">
            <Input
              id="override-reason"
              autoFocus
              value={reason}
              maxLength={LONGEST_REASON}
              placeholder={t('compose.ask.reasonHint')}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
        )}
      </div>
    </ConfirmDialog>
  );
}
