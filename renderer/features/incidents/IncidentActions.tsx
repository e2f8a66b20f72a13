import { useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#renderer/ui/Button.tsx';
import { Input, MultiSelect, Segmented, Select, TextArea } from '#renderer/ui/fields.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import type { IncidentActor, IncidentDetail } from '#shared/contract/remedy.ts';
import type { CompensationKind, IncidentActionInput, IncidentState, Severity } from '#shared/domain/remedy/incident.ts';
import { Amount } from '#shared/domain/remedy/amounts.ts';
import { MISTAKE_TYPES, type MistakeType } from '#shared/domain/remedy/mistakes.ts';

const SEVERITIES: readonly Severity[] = ['none', 'minor', 'major'];
const RUNGS: readonly IncidentState[] = ['draft', 'open', 'reported', 'supervisor', 'closed'];

/** Answers whether it was done; what isn't says so by itself. */
export type Act = (action: IncidentActionInput) => Promise<boolean>;

/** Enter in a field of one line does what the button beside it does. */
function byEnter(run: () => void): { onKeyDown: (event: KeyboardEvent) => void } {
  return {
    onKeyDown: (event) => {
      if (event.key !== 'Enter' || event.nativeEvent.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      run();
    },
  };
}

/**
 * What may follow, in the order it usually does. What the core refuses it says; nothing here decides. A field is emptied by
 * what it was for alone: the rest of what was typed stays, whatever happens to the incident meanwhile.
 */
export function IncidentActions(props: { detail: IncidentDetail; actor: IncidentActor; act: Act }) {
  const { t } = useTranslation();
  const { act, actor, detail } = props;
  const { incident } = detail;
  // Null: as the incident has it.
  const [chosenType, setType] = useState<MistakeType | null>(null);
  const [chosenTags, setTags] = useState<readonly string[] | null>(null);
  const type = chosenType ?? incident.type;
  const tags = chosenTags ?? incident.tags;
  const [note, setNote] = useState('');
  const [loss, setLoss] = useState('');
  const [resolution, setResolution] = useState('');
  const run = async (action: IncidentActionInput, emptied: () => void): Promise<void> => {
    if (await act(action)) emptied();
  };
  const draft = incident.state === 'draft';
  const closed = incident.state === 'closed';
  const rung = RUNGS.indexOf(incident.state);

  const tagEditor = (closed ? actor.decides : !draft) && (
    <div className="incident-row">
      <MultiSelect
        label={t('incidents.tags')}
        value={tags}
        options={incident.tags.map((value) => ({ value, label: value }))}
        onChange={(value) => setTags(value.slice(0, 20))}
        placeholder={t('incidents.tags')}
        free
        width={260}
      />
      <Button size="small" onClick={() => void run({ kind: 'tagged', tags: [...tags] }, () => setTags(null))}>
        {t('incidents.saveTags')}
      </Button>
    </div>
  );
  const mayLose = Amount.safeParse(loss).success;
  const addLoss = (): void => void run({ kind: 'loss', amount: loss }, () => setLoss(''));
  const addNote = (): void => void run({ kind: 'noted', note: note.trim() }, () => setNote(''));
  if (closed) return <div className="incident-actions">{tagEditor}</div>;

  return (
    <div className="incident-actions">
      <div
        className="incident-row"
        role="group"
        aria-label={draft ? t('incidents.complete') : t('incidents.reclassify')}
      >
        <Select
          label={t('incidents.column.type')}
          value={type}
          width={132}
          options={MISTAKE_TYPES.map((value) => ({ value, label: t(`incidents.type.${value}`) }))}
          onChange={setType}
        />
        {SEVERITIES.map((severity) => (
          <Button
            key={severity}
            size="small"
            look={draft && severity === 'minor' ? 'primary' : 'plain'}
            onClick={() =>
              void run({ kind: draft ? 'completed' : 'reclassified', type, severity }, () => setType(null))
            }
          >
            {t(`incidents.severity.${severity}`)}
          </Button>
        ))}
      </div>
      {draft && <p className="is-soft">{t('incidents.completeNote')}</p>}

      {!draft && (
        <div className="incident-row">
          {(['reported', 'supervisor'] as const).map(
            (to) =>
              RUNGS.indexOf(to) > rung && (
                <Button
                  key={to}
                  size="small"
                  look={detail.summary.required === to ? 'primary' : 'plain'}
                  onClick={() => void act({ kind: 'escalated', to })}
                >
                  {t(`incidents.escalate.${to}`)}
                </Button>
              ),
          )}
          {!incident.complaint && (
            <Button size="small" onClick={() => void act({ kind: 'complaint' })}>
              {t('incidents.complaint')}
            </Button>
          )}
          <Input
            className="incident-amount"
            aria-label={t('incidents.lossAmount')}
            placeholder={t('incidents.lossAmount')}
            inputMode="decimal"
            value={loss}
            onChange={(event) => setLoss(event.target.value.trim())}
            {...byEnter(() => mayLose && addLoss())}
          />
          <Button size="small" disabled={!mayLose} onClick={addLoss}>
            {t('incidents.addLoss')}
          </Button>
        </div>
      )}

      {!draft && <Compensations detail={detail} actor={actor} act={act} />}

      <div className="incident-row">
        <Input
          className="incident-wide"
          aria-label={t('incidents.note')}
          placeholder={t('incidents.note')}
          maxLength={4_000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          {...byEnter(() => note.trim() !== '' && addNote())}
        />
        <Button size="small" disabled={note.trim() === ''} onClick={addNote}>
          {t('incidents.addNote')}
        </Button>
      </div>
      {tagEditor}
      {!draft && (
        <div className="incident-close">
          <TextArea
            aria-label={t('incidents.resolution')}
            placeholder={t('incidents.resolution')}
            rows={2}
            maxLength={4_000}
            value={resolution}
            onChange={(event) => setResolution(event.target.value)}
          />
          <Button
            look="primary"
            disabled={resolution.trim() === ''}
            onClick={() => void run({ kind: 'closed', resolution: resolution.trim() }, () => setResolution(''))}
          >
            {t('incidents.close')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** RM3: proposals, approvals by somebody else, references of what was paid elsewhere. */
function Compensations(props: { detail: IncidentDetail; actor: IncidentActor; act: Act }) {
  const { t } = useTranslation();
  const { act, actor, detail } = props;
  const { compensations } = detail.incident;
  const [what, setWhat] = useState<CompensationKind>('coupon');
  const [amount, setAmount] = useState('');
  const [words, setWords] = useState<Readonly<Record<string, string>>>({});
  const mayPropose = Amount.safeParse(amount).success && !/^0*(\.0*)?$/.test(amount);
  const propose = (): void =>
    void act({ kind: 'compensation_proposed', what, amount }).then((ok) => ok && setAmount(''));
  return (
    <div className="incident-compensation">
      <h3>{t('incidents.compensation')}</h3>
      <ul>
        {compensations.map((each) => {
          const text = (words[each.id] ?? '').trim();
          const own = each.proposed_by === actor.agent_id;
          return (
            <li key={each.id}>
              <span>
                {t(`incidents.compensationKind.${each.what}`)} <span className="num">¥{each.amount}</span>{' '}
                <Tag tone={each.state === 'waiting' ? 'waiting' : each.state === 'refused' ? 'offline' : 'done'}>
                  {t(`incidents.compensationState.${each.state}`)}
                </Tag>{' '}
                {each.reference !== null && <span className="num">{each.reference}</span>}
              </span>
              {(each.state === 'waiting' || each.state === 'granted') && (
                <div className="incident-row">
                  {(each.state === 'granted' || actor.decides) && (
                    <Input
                      aria-label={each.state === 'granted' ? t('incidents.reference') : t('incidents.refuseWhy')}
                      placeholder={each.state === 'granted' ? t('incidents.reference') : t('incidents.refuseWhy')}
                      maxLength={200}
                      value={words[each.id] ?? ''}
                      onChange={(event) => setWords({ ...words, [each.id]: event.target.value })}
                    />
                  )}
                  {each.state === 'waiting' && actor.decides && (
                    <>
                      <Button
                        size="small"
                        look="primary"
                        disabled={own}
                        title={own ? t('incidents.ownApproval') : t('incidents.approve')}
                        onClick={() => void act({ kind: 'compensation_approved', compensation_id: each.id })}
                      >
                        {t('incidents.approve')}
                      </Button>
                      <Button
                        size="small"
                        disabled={text === ''}
                        onClick={() => void act({ kind: 'compensation_refused', compensation_id: each.id, note: text })}
                      >
                        {t('incidents.refuse')}
                      </Button>
                    </>
                  )}
                  {each.state === 'granted' && (
                    <Button
                      size="small"
                      disabled={text === ''}
                      onClick={() =>
                        void act({ kind: 'compensation_recorded', compensation_id: each.id, reference: text })
                      }
                    >
                      {t('incidents.record')}
                    </Button>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <div className="incident-row">
        <Segmented
          label={t('incidents.compensation')}
          size="small"
          value={what}
          onChange={setWhat}
          options={(['coupon', 'red_packet'] as const).map((value) => ({
            value,
            label: t(`incidents.compensationKind.${value}`),
          }))}
        />
        <Input
          className="incident-amount"
          aria-label={t('incidents.amount')}
          placeholder={t('incidents.amount')}
          inputMode="decimal"
          value={amount}
          onChange={(event) => setAmount(event.target.value.trim())}
          {...byEnter(() => mayPropose && propose())}
        />
        <Button size="small" disabled={!mayPropose} onClick={propose}>
          {t('incidents.propose')}
        </Button>
      </div>
      <p className="is-soft">
        {detail.approval_above === null
          ? t('incidents.limitUnknown')
          : t('incidents.limit', { amount: detail.approval_above })}
      </p>
    </div>
  );
}
