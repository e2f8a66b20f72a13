import { useTranslation } from 'react-i18next';
import { RECALL_OUTCOMES, type RecallOutcomeName } from '#shared/contract/practice.ts';
import type { AccountView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import type { OpenConversation } from './use-lessons.ts';

/** Each way a recall can go, to be picked and then done (RC3, RC12, RC15). */
export function Outcomes(props: {
  trainee: AccountView | null;
  onConversation: OpenConversation;
  onFailed: (error: { readonly code: string }) => void;
}) {
  const { t } = useTranslation();
  const { trainee } = props;

  async function stage(outcome: RecallOutcomeName): Promise<void> {
    if (trainee === null) return;
    const name = t(`training.outcome.one.${outcome}.label`);
    const { account_id } = trainee;
    const answer = await bridge.call('practice.outcome', { outcome, account_id, name });
    if (!answer.ok) return props.onFailed(answer.error);
    // It comes over the wire like every other: a moment later it is in the list.
    for (let wait = 0; wait < 20; wait++) {
      const list = await bridge.call('conversations.list', {
        account_id,
        intake: 'active',
        limit: 20,
        cursor: null,
        filter: { name },
      });
      const found = list.ok
        ? list.result.conversations.find(({ conversation_id }) => conversation_id === answer.result.conversation_id)
        : undefined;
      if (found !== undefined) {
        toast({ tone: 'done', text: t('training.outcome.opened', { name }) });
        return props.onConversation(found.key, 'active');
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function clear(): Promise<void> {
    const answer = await bridge.call('practice.fault', { fault: 'none' });
    if (answer.ok) toast({ tone: 'done', text: t('training.outcome.cleared') });
    else props.onFailed(answer.error);
  }

  return (
    <section aria-labelledby="outcomes">
      <header className="lessons-head">
        <h2 id="outcomes">{t('training.outcome.title')}</h2>
        <Button size="small" look="quiet" onClick={() => void clear()}>
          {t('training.outcome.clear')}
        </Button>
      </header>
      <p className="lesson-quiet">{t('training.outcome.note')}</p>
      <ul className="lessons-situations">
        {RECALL_OUTCOMES.map((outcome) => (
          <li key={outcome}>
            <button type="button" disabled={trainee?.state !== 'live'} onClick={() => void stage(outcome)}>
              <span>{t(`training.outcome.one.${outcome}.label`)}</span>
              <span className="lesson-quiet">{t(`training.outcome.one.${outcome}.note`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
