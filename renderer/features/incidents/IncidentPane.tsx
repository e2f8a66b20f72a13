import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TFunction } from 'i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { usePlaybooks, watchPlaybooks } from '#renderer/bridge/playbooks.ts';
import { useMayOpenSeals, useSeal } from '#renderer/bridge/seals.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Select } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { SealDialog, type SealSay } from '#renderer/ui/SealDialog.tsx';
import { ErrorState, LoadingState } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import type { Incident, IncidentEvent } from '#shared/domain/remedy/incident.ts';
import { IncidentActions, type Act } from './IncidentActions.tsx';
import { STATE_TONES } from './tones.ts';

const REFUSALS = [
  'NOT_ALLOWED',
  'ALREADY_CLOSED',
  'NOT_COMPLETED',
  'LADDER',
  'MUST_ESCALATE',
  'APPROVAL_PENDING',
  'NOT_RECORDED',
  'OWN_APPROVAL',
  'COMPENSATION_UNKNOWN',
  'COMPENSATION_STATE',
] as const;

/** One incident: what happened, what is to be done, and the timeline (RM3, RM4). */
export function IncidentPane(props: { incidentId: string; onConversation: (key: ConversationKey) => void }) {
  const { t } = useTranslation();
  const asked = useAsk('incidents.get', { incident_id: props.incidentId });
  const { reload } = asked;
  useEffect(
    () => bridge.subscribe('incidents', ({ ids }) => (ids.length === 0 || ids.includes(props.incidentId)) && reload()),
    [props.incidentId, reload],
  );
  useEffect(watchPlaybooks, []);
  const { seal, open, save, close } = useSeal();
  const mayOpenSeals = useMayOpenSeals();
  const [as, setAs] = useState<AccountId | null>(null);

  if (!asked.data)
    return asked.error ? (
      <ErrorState words={errorWords(asked.error)} code={asked.error.code} retry={t('common.retry')} onRetry={reload} />
    ) : (
      <LoadingState label={t('common.loading')} />
    );
  const detail = asked.data;
  const { summary, incident, message } = detail;
  const writers = detail.actors.filter(({ writes }) => writes);
  const actor =
    detail.actors.find(({ account_id }) => account_id === as) ??
    writers.find(({ agent_id }) => agent_id === incident.origin.agent.id) ??
    writers[0] ??
    null;

  const act: Act = async (action) => {
    const answer = await bridge.call('incidents.act', {
      incident_id: summary.incident_id,
      seq: summary.seq,
      action,
      ...(actor === null ? {} : { account_id: actor.account_id }),
    });
    if (answer.ok) {
      reload();
      return true;
    }
    refused(answer.error, t);
    if (answer.error.code === 'STALE_STATE') reload();
    return false;
  };

  return (
    <div className="incident">
      <header>
        <div className="incident-title">
          <Tag tone={STATE_TONES[summary.state]}>{t(`incidents.state.${summary.state}`)}</Tag>
          <h2>
            {t(`incidents.type.${summary.type}`)}
            {summary.severity !== null && ` · ${t(`incidents.severity.${summary.severity}`)}`}
          </h2>
          <span className="remedy-space" />
          {summary.conversation_key !== null && (
            <Button size="small" icon="chat" onClick={() => props.onConversation(summary.conversation_key as never)}>
              {t('incidents.openConversation')}
            </Button>
          )}
        </div>
        <p className="is-soft foreign">
          {[
            t(`incidents.cause.${summary.cause}`),
            summary.agent.name,
            summary.shop.name,
            summary.conversation_title,
            formatStamp(summary.opened_at),
          ].join(' · ')}
        </p>
        <p className="incident-marks">
          <Tag tone={summary.required === 'open' ? 'neutral' : 'waiting'}>
            {t(`incidents.required.${summary.required}`)}
          </Tag>
          {summary.complaint && <Tag tone="failed">{t('incidents.complaint')}</Tag>}
          {summary.loss !== '0.00' && <Tag tone="failed">{`${t('incidents.column.loss')} ¥${summary.loss}`}</Tag>}
          {summary.code !== null && <ErrorCode code={summary.code} />}
        </p>
      </header>

      <h3>{t('incidents.message')}</h3>
      <blockquote className="ui-seal-text foreign">
        {message === null
          ? t('incidents.messageAway')
          : (message.text ?? (message.recalled ? t('incidents.messageGone') : (message.attachment?.name ?? '')))}
        {message?.recalled?.sealed === true && mayOpenSeals && (
          <>
            {' '}
            <Button look="link" title={t('incidents.seal.hint')} onClick={() => open(message.key)}>
              {t('incidents.seal.open')}
            </Button>
          </>
        )}
      </blockquote>
      {detail.recalls.length > 0 && (
        <>
          <h3>{t('incidents.recalls')}</h3>
          <ul className="incident-recalls">
            {detail.recalls.map((recall) => (
              <li key={recall.recall_id}>
                <time className="num">{formatStamp(recall.resolved_at ?? recall.requested_at)}</time>
                <span>
                  {recall.state === 'done'
                    ? t(`recall.effects.${recall.effect ?? 'maybe_seen'}`)
                    : t(`incidents.recallState.${recall.state}`)}
                </span>
                {recall.code !== null && <ErrorCode code={recall.code} />}
              </li>
            ))}
          </ul>
        </>
      )}

      {writers.length > 1 && (
        <div className="incident-as">
          <span>{t('incidents.actAs')}</span>
          <Select
            label={t('incidents.actAs')}
            value={actor?.account_id}
            width={180}
            options={writers.map((each) => ({ value: each.account_id, label: each.name }))}
            onChange={setAs}
          />
        </div>
      )}
      {writers.length === 0 ? (
        <p className="is-soft">{t('incidents.readOnly')}</p>
      ) : (
        actor !== null && <IncidentActions key={summary.incident_id} detail={detail} actor={actor} act={act} />
      )}

      <h3>{t('incidents.timeline')}</h3>
      <Timeline incident={incident} />
      {seal && <SealDialog seal={seal} say={t as unknown as SealSay} onSave={() => void save()} onClose={close} />}
    </div>
  );
}

function refused(error: AppError, t: TFunction): void {
  const reason = error.code === 'STALE_STATE' ? 'STALE' : error.details?.['reason'];
  const known = REFUSALS.find((code) => code === reason);
  if (reason === 'STALE') toast({ tone: 'info', text: t('incidents.refusal.STALE') });
  else if (known !== undefined) toast({ tone: 'failed', text: t(`incidents.refusal.${known}`) });
  else {
    const words = errorWords(error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  }
}

function Timeline(props: { incident: Incident }) {
  const { t, i18n } = useTranslation();
  const { book } = usePlaybooks();
  const stepName = (id: string): string => {
    const step = book.playbooks.flatMap((playbook) => playbook.steps).find((each) => each.step_id === id);
    return step === undefined ? id : i18n.language === 'en' ? step.title.en : step.title.zh;
  };
  return (
    <ol className="incident-timeline">
      {props.incident.timeline.map((event) => (
        <li key={event.seq}>
          <time className="num">{formatStamp(event.at)}</time>
          <span className="foreign">{event.by.name}</span>
          <p>{eventWords(event, t, stepName)}</p>
          {'note' in event.action && event.action.note !== undefined && (
            <p className="foreign incident-note">{event.action.note}</p>
          )}
        </li>
      ))}
    </ol>
  );
}

function eventWords({ action }: IncidentEvent, t: TFunction, stepName: (id: string) => string): string {
  switch (action.kind) {
    case 'completed':
    case 'reclassified':
      return t(`incidents.event.${action.kind}`, {
        type: t(`incidents.type.${action.type}`),
        severity: t(`incidents.severity.${action.severity}`),
      });
    case 'step_taken':
      return t('incidents.event.step_taken', { step: stepName(action.step_id) });
    case 'loss':
      return t('incidents.event.loss', { amount: action.amount });
    case 'escalated':
      return t('incidents.event.escalated', { state: t(`incidents.state.${action.to}`) });
    case 'compensation_proposed':
      return t('incidents.event.compensation_proposed', {
        what: t(`incidents.compensationKind.${action.what}`),
        amount: action.amount,
      });
    case 'compensation_recorded':
      return t('incidents.event.compensation_recorded', { reference: action.reference });
    case 'tagged':
      return t('incidents.event.tagged', { tags: action.tags.join(', ') });
    case 'closed':
      return t('incidents.event.closed', { resolution: action.resolution });
    case 'drafted':
    case 'noted':
    case 'complaint':
    case 'compensation_approved':
    case 'compensation_refused':
      return t(`incidents.event.${action.kind}`);
  }
}
