import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { i18n as I18n, TFunction } from 'i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Segmented, TextArea } from '#renderer/ui/fields.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { IncidentDetail } from '#shared/contract/remedy.ts';
import { Amount } from '#shared/domain/remedy/amounts.ts';
import type { CompensationKind, IncidentActionInput, IncidentState, Severity } from '#shared/domain/remedy/incident.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import type { PlaybookStep } from '#shared/domain/remedy/playbooks.ts';

const SEVERITIES: readonly Severity[] = ['none', 'minor', 'major'];
const RUNGS: readonly IncidentState[] = ['draft', 'open', 'reported', 'supervisor', 'closed'];

/** Steps of a playbook that need more than a click: compensation (RM3), the platform (RM1), the superior (RM4). */
export type FormStep = PlaybookStep & { readonly action: 'compensate' | 'platform_support' | 'tell_supervisor' };

export const needsForm = (step: PlaybookStep): step is FormStep =>
  step.action === 'compensate' || step.action === 'platform_support' || step.action === 'tell_supervisor';

export interface StepDialogProps {
  readonly step: FormStep;
  /** The incident that it goes into, as it was when the step was taken. */
  readonly detail: IncidentDetail;
  readonly type: MistakeType;
  readonly playbooksVersion: number;
  /** The step's template with what is known filled in, or null: it has none. */
  readonly text: (values?: { readonly compensation_kind?: string; readonly amount?: string }) => string | null;
  readonly fill: (text: string) => void;
  readonly showIncident: () => void;
  readonly onClose: () => void;
}

/** Does one step and writes it into the incident's timeline, in the order in which it happened. */
export function StepDialog(props: StepDialogProps) {
  const { step, detail, type } = props;
  const { t, i18n } = useTranslation();
  const language = currentLocale(i18n.language) === 'en' ? 'en' : 'zh';
  const [severity, setSeverity] = useState<Severity>(detail.incident.severity ?? 'minor');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const draft = detail.incident.state === 'draft';
  const now = useRef(detail.incident);

  /** Appends them one after the other; false, and said why, where one is refused. */
  const write = async (actions: readonly IncidentActionInput[]): Promise<boolean> => {
    setBusy(true);
    setError(null);
    const { incident_id } = detail.summary;
    const completing: readonly IncidentActionInput[] =
      now.current.state === 'draft' ? [{ kind: 'completed', type, severity }] : [];
    const taken: readonly IncidentActionInput[] = now.current.steps_done.includes(step.step_id)
      ? []
      : [{ kind: 'step_taken', step_id: step.step_id, playbooks_version: props.playbooksVersion }];
    for (const action of [...completing, ...actions, ...taken]) {
      const answer = await bridge.call('incidents.act', { incident_id, seq: now.current.seq, action });
      if (!answer.ok) {
        setBusy(false);
        setError(answer.error);
        // Somebody else wrote meanwhile, or a part of it is written already: the next try goes on from there.
        const fresh = await bridge.call('incidents.get', { incident_id });
        if (fresh.ok) now.current = fresh.result.incident;
        return false;
      }
      now.current = answer.result.incident;
    }
    setBusy(false);
    return true;
  };

  const shared = { ...props, write, busy };
  return (
    <Dialog open title={step.title[language]} width={500} closable={!busy} onClose={props.onClose}>
      <div className="remedy-form">
        {draft && (
          <Field label={t('incidents.card.severity')} note={t('incidents.form.draftNote')}>
            <Segmented
              label={t('incidents.card.severity')}
              value={severity}
              onChange={setSeverity}
              options={SEVERITIES.map((value) => ({ value, label: t(`incidents.severity.${value}`) }))}
            />
          </Field>
        )}
        {step.action === 'compensate' && <Compensate {...shared} />}
        {step.action === 'platform_support' && <Platform {...shared} />}
        {step.action === 'tell_supervisor' && <Tell {...shared} />}
        {error !== null && (
          <p className="ui-field-error" role="alert">
            {refusalWords(error, t, i18n)}
          </p>
        )}
      </div>
    </Dialog>
  );
}

type BodyProps = StepDialogProps & {
  readonly write: (actions: readonly IncidentActionInput[]) => Promise<boolean>;
  readonly busy: boolean;
};

/** RM3: kind and amount, prefilled by the playbook; above the limit it waits for somebody else. No money moves here. */
function Compensate(props: BodyProps) {
  const { t } = useTranslation();
  const id = useId();
  const [what, setWhat] = useState<CompensationKind>('coupon');
  const [amount, setAmount] = useState(props.step.amount ?? '');
  const limit = props.detail.approval_above;
  const valid = Amount.safeParse(amount).success && !/^0*(\.0*)?$/.test(amount);

  const propose = async (): Promise<void> => {
    if (!(await props.write([{ kind: 'compensation_proposed', what, amount }]))) return;
    // What may still be refused is not promised to anybody yet.
    const after = await bridge.call('incidents.get', { incident_id: props.detail.summary.incident_id });
    const granted = after.ok && after.result.incident.compensations.at(-1)?.state === 'granted';
    if (granted) {
      const text = props.text({ compensation_kind: t(`incidents.compensationKind.${what}`), amount });
      if (text !== null) props.fill(text);
    }
    toast({ tone: 'done', text: t(granted ? 'incidents.form.proposed' : 'incidents.form.waiting') });
    props.onClose();
  };
  return (
    <>
      <Field label={t('incidents.form.kind')}>
        <Segmented
          label={t('incidents.form.kind')}
          value={what}
          onChange={setWhat}
          options={(['coupon', 'red_packet'] as const).map((value) => ({
            value,
            label: t(`incidents.compensationKind.${value}`),
          }))}
        />
      </Field>
      <Field
        id={id}
        label={t('incidents.amount')}
        note={limit === null ? t('incidents.limitUnknown') : t('incidents.limit', { amount: limit })}
      >
        <Input
          id={id}
          inputMode="decimal"
          autoFocus
          value={amount}
          onChange={(event) => setAmount(event.target.value.trim())}
        />
      </Field>
      <div className="remedy-form-actions">
        <Button onClick={props.showIncident}>{t('incidents.card.view')}</Button>
        <Button look="primary" disabled={!valid} busy={props.busy} onClick={() => void propose()}>
          {t('incidents.propose')}
        </Button>
      </div>
    </>
  );
}

/** RM1: where to turn, as the playbook has it, and what to say there; both to be copied. */
function Platform(props: BodyProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState(() => props.text() ?? '');
  const { contact } = props.step;
  const told = async (): Promise<void> => {
    if (await props.write([{ kind: 'noted', note: t('incidents.form.platformTold') }])) props.onClose();
  };
  return (
    <>
      <Field label={t('incidents.form.contact')}>
        {contact === undefined ? (
          <p className="is-soft">{t('incidents.form.noContact')}</p>
        ) : (
          <div className="remedy-contact">
            <p className="foreign">{contact}</p>
            <Copy text={contact} label={t('incidents.form.copyContact')} />
          </div>
        )}
      </Field>
      <Field id={id} label={t('incidents.form.request')}>
        <TextArea id={id} rows={5} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <div className="remedy-form-actions">
        <Copy text={text} label={t('incidents.form.copyRequest')} />
        <Button look="primary" busy={props.busy} onClick={() => void told()}>
          {t('incidents.form.told')}
        </Button>
      </div>
    </>
  );
}

/** RM4: the incident goes up the ladder, with what there is to say. */
function Tell(props: BodyProps) {
  const { t } = useTranslation();
  const id = useId();
  const { incident, summary } = props.detail;
  const rungs = (['reported', 'supervisor'] as const).filter((to) => RUNGS.indexOf(to) > RUNGS.indexOf(incident.state));
  const [to, setTo] = useState<'reported' | 'supervisor' | undefined>(
    rungs.find((rung) => rung === summary.required) ?? rungs[0],
  );
  const [note, setNote] = useState(() => props.text() ?? '');
  const report = async (): Promise<void> => {
    const words = note.trim();
    const actions: IncidentActionInput[] =
      to === undefined
        ? words === ''
          ? []
          : [{ kind: 'noted', note: words }]
        : [{ kind: 'escalated', to, ...(words === '' ? {} : { note: words }) }];
    if (!(await props.write(actions))) return;
    toast({ tone: 'done', text: t('incidents.form.reported') });
    props.onClose();
  };
  return (
    <>
      {to !== undefined && (
        <Field label={t('incidents.form.rung')}>
          <Segmented
            label={t('incidents.form.rung')}
            value={to}
            onChange={setTo}
            options={rungs.map((value) => ({ value, label: t(`incidents.escalate.${value}`) }))}
          />
        </Field>
      )}
      <Field id={id} label={t('incidents.form.report')}>
        <TextArea id={id} rows={4} maxLength={4_000} value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
      <div className="remedy-form-actions">
        <Button onClick={props.showIncident}>{t('incidents.card.view')}</Button>
        <Button look="primary" busy={props.busy} onClick={() => void report()}>
          {t('incidents.form.send')}
        </Button>
      </div>
    </>
  );
}

function refusalWords(error: AppError, t: TFunction, { exists }: Pick<I18n, 'exists'>): string {
  const reason = error.code === 'STALE_STATE' ? 'STALE' : error.details?.['reason'];
  const key = `incidents.refusal.${String(reason)}`;
  if (typeof reason === 'string' && exists(key)) return t(key as 'incidents.refusal.STALE');
  const words = errorWords(error);
  return `${words.title} ${errorLine(words)}`;
}

function Copy({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toast({ tone: 'done', text: t('common.copied') });
    } catch {
      toast({ tone: 'failed', text: t('common.copyFailed') });
    }
  };
  return (
    <Button icon="copy" disabled={text === ''} onClick={() => void copy()}>
      {label}
    </Button>
  );
}
