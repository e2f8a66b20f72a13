import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Tag, type Tone } from '#renderer/ui/marks.tsx';
import { errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { MergeOutcome, MergeReport } from '#shared/contract/reviews.ts';

const TONES: Readonly<Record<MergeOutcome, Tone>> = {
  added: 'done',
  same: 'neutral',
  conflict: 'waiting',
  decided: 'waiting',
  unknown: 'failed',
  invalid: 'failed',
  erased: 'offline',
};
/** What needs a look comes first. */
const ORDER: readonly MergeOutcome[] = ['conflict', 'decided', 'invalid', 'unknown', 'erased', 'added', 'same'];
const SHOWN = 500;

/** QA4: brings a review file back; what differs from what is here is shown, and nothing is overwritten. */
export function MergeDialog(props: { onClose: () => void }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const [report, setReport] = useState<MergeReport | null>(null);
  const choose = async (): Promise<void> => {
    const picked = await bridge.pickFile('.json,application/json');
    if (!picked.ok) return setError(picked.error);
    if (picked.result === null) return;
    setBusy(true);
    setError(null);
    const answer = await bridge.call('reviews.merge', { file: picked.result.handle });
    setBusy(false);
    if (answer.ok) setReport(answer.result);
    else setError(answer.error);
  };
  const lines = (report?.lines ?? []).toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
  return (
    <Dialog
      open
      title={t('reviews.merge.title')}
      width={640}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('common.close')}</Button>
          <Button look={report === null ? 'primary' : 'plain'} icon="upload" busy={busy} onClick={() => void choose()}>
            {t('reviews.merge.choose')}
          </Button>
        </>
      }
    >
      <p className="review-merge-note">{t('reviews.merge.note')}</p>
      {error !== null && (
        <p className="job-failed" role="alert">
          {errorWords(error).title} {errorWords(error).next} <ErrorCode code={error.code} />
        </p>
      )}
      {report !== null && (
        <>
          <p role="status">{t('reviews.merge.report', { ...report })}</p>
          {lines.length === 0 ? (
            <p className="is-soft">{t('reviews.merge.none')}</p>
          ) : (
            <div
              className="ui-chart-table review-merge"
              tabIndex={0}
              role="region"
              aria-label={t('reviews.merge.title')}
            >
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t('reviews.merge.conversation')}</th>
                    <th scope="col">{t('reviews.merge.agent')}</th>
                    <th scope="col">{t('reviews.merge.file')}</th>
                    <th scope="col">{t('reviews.merge.here')}</th>
                    <th scope="col">{t('reviews.merge.result')}</th>
                  </tr>
                </thead>
                <tbody>
                  {lines.slice(0, SHOWN).map((line, index) => (
                    <tr key={`${index} ${line.conversation_id}`}>
                      <th scope="row" className="foreign num">
                        {line.conversation_id}
                      </th>
                      <td className="foreign">{line.agent}</td>
                      <td className="num">{line.score ?? '–'}</td>
                      <td className="num">{line.here ?? '–'}</td>
                      <td>
                        <Tag tone={TONES[line.outcome]}>{t(`reviews.merge.outcome.${line.outcome}`)}</Tag>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </Dialog>
  );
}
