import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { usePlaybooks, watchPlaybooks } from '#renderer/bridge/playbooks.ts';
import { formatTime } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { IncidentDetail } from '#shared/contract/remedy.ts';
import type { AccountView, ConversationView, MessageView } from '#shared/contract/views.ts';
import type { GuardReport } from '#shared/domain/guard/inspect.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import type { RemedyStep } from '#shared/domain/remedy/card.ts';
import type { IncidentActionInput } from '#shared/domain/remedy/incident.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import { templateOf } from '#shared/domain/remedy/playbooks.ts';
import { asCorrection, renderTemplate, type VariableId } from '#shared/domain/remedy/templates.ts';
import { inspectText, prepareWords, useCompiled } from '../guard/engine.ts';
import { remedyOf, templateValues } from './remedy.ts';
import { RemedyCard } from './RemedyCard.tsx';
import { needsForm, StepDialog, type FormStep } from './StepDialog.tsx';

export interface RemedyActions {
  correct(message: MessageView, text?: string): void;
  fill(text: string): void;
  recall(message: MessageView): void;
  showIncident(incidentId: string): void;
}

/** The remedy card with what it needs and does: playbooks, the incident behind it, steps that go into its timeline. */
export function RemedyHost(props: {
  message: MessageView;
  account: AccountView | null;
  conversation: ConversationView;
  verdict: RecallVerdict | null;
  asked: boolean;
  fresh: boolean;
  actions: RemedyActions;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { message, actions } = props;
  const [dismissed, setDismissed] = useState(false);
  const [chosen, setChosen] = useState<MistakeType | null>(null);
  const [form, setForm] = useState<{ readonly step: FormStep; readonly detail: IncidentDetail } | null>(null);
  const { book } = usePlaybooks();
  useEffect(watchPlaybooks, []);
  useEffect(() => setDismissed(false), [props.asked]);
  const [report, setReport] = useState<GuardReport | null>(null);
  const card = remedyOf({ ...props, chosen, book, report });
  // RM1: the type is proposed from the shop's sensitive words too; they are asked only where a card shows.
  const { account, conversation } = props;
  const question = card === null ? null : message.text;
  const shop = conversation.shop.shop_id;
  const policy = account?.shops.find((each) => each.shop_id === shop)?.policy ?? null;
  const [list, setList] = useState('');
  const compiled = useCompiled((all) => all[list] ?? 0);
  const accountId = account?.account_id ?? null;
  useEffect(() => {
    if (question === null || policy === null || accountId === null) return undefined;
    let current = true;
    setList(prepareWords(accountId, shop));
    void inspectText({ account: accountId, shop, text: question, policy, knownNumbers: [] }).then(
      (found) => current && found !== null && setReport(found),
    );
    return () => {
      current = false;
    };
  }, [question, policy, accountId, shop, compiled]);
  if (card === null || dismissed) return null;

  const failed = (error: AppError): void => {
    const words = errorWords(error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };
  /** The incident as it is now: opened by the recall itself, or here where recall is blocked. */
  const incident = async () => {
    const known = message.incident?.incident_id;
    const answer =
      known === undefined
        ? await bridge.call('incidents.open', {
            message_key: message.key,
            cause: 'blocked',
            ...(card.why[0] === undefined ? {} : { code: card.why[0].code }),
          })
        : await bridge.call('incidents.get', { incident_id: known });
    if (answer.ok) return answer.result;
    failed(answer.error);
    return null;
  };
  const write = async (action: IncidentActionInput): Promise<void> => {
    const now = await incident();
    if (now === null || now.summary.state === 'closed') return;
    const answer = await bridge.call('incidents.act', {
      incident_id: now.summary.incident_id,
      seq: now.summary.seq,
      action,
    });
    if (!answer.ok) failed(answer.error);
  };
  const show = async (): Promise<void> => {
    const now = await incident();
    if (now !== null) actions.showIncident(now.summary.incident_id);
  };

  const textOf = (
    templateId: string | undefined,
    more: Partial<Record<VariableId, string>> = {},
    quiet = false,
  ): string | null => {
    const template = templateId === undefined ? null : templateOf(book, templateId);
    if (template === null) return null;
    const values = { ...templateValues(props, formatTime(message.sent_at, locale)), ...more };
    const rendered = renderTemplate(template.text, values);
    if (rendered.missing.length > 0 && !quiet)
      toast({
        tone: 'info',
        text: t('incidents.card.missingVariables', { names: rendered.missing.join(t('common.listSeparator')) }),
      });
    return rendered.text;
  };

  const step = (taken: RemedyStep): void => {
    const { action } = taken;
    if (action === 'retry_recall') return actions.recall(message);
    if (taken.step === null) return;
    switch (action) {
      case 'send_correction': {
        const text = textOf(taken.step.template_id);
        actions.correct(message, text === null ? undefined : asCorrection(text));
        break;
      }
      case 'send_template': {
        const text = textOf(taken.step.template_id);
        if (text !== null) actions.fill(text);
        break;
      }
      case 'open_reference':
        if (taken.step.url !== undefined) window.open(taken.step.url, '_blank', 'noopener,noreferrer');
        break;
      default: {
        const { step } = taken;
        if (needsForm(step))
          void incident().then((detail) => {
            if (detail === null) return;
            if (detail.summary.state === 'closed') actions.showIncident(detail.summary.incident_id);
            else setForm({ step, detail });
          });
        else void show();
        return;
      }
    }
    if (!taken.done)
      void write({ kind: 'step_taken', step_id: taken.step.step_id, playbooks_version: card.playbooks_version });
  };

  const { recall } = message;
  return (
    <>
      {form !== null && (
        <StepDialog
          step={form.step}
          detail={form.detail}
          type={card.type}
          playbooksVersion={card.playbooks_version}
          text={(values) =>
            textOf(form.step.template_id, { ...noOrder(props, form.step), ...values }, values === undefined)
          }
          fill={actions.fill}
          showIncident={() => {
            setForm(null);
            actions.showIncident(form.detail.summary.incident_id);
          }}
          onClose={() => setForm(null)}
        />
      )}
      <RemedyCard
        card={card}
        book={book}
        state={
          recall?.state === 'failed' || recall?.state === 'expired' || recall?.state === 'done' ? recall.state : null
        }
        incident={message.incident ?? null}
        fresh={props.fresh}
        onType={setChosen}
        onStep={step}
        onComplete={(type, severity) => void write({ kind: 'completed', type, severity })}
        onIncident={() => void show()}
        onDismiss={() => setDismissed(true)}
      />
    </>
  );
}

/** A report about a message without an order has none to name; the person sees it before it goes anywhere. */
function noOrder(
  { message, conversation }: { readonly message: MessageView; readonly conversation: ConversationView },
  step: FormStep,
): Partial<Record<VariableId, string>> {
  const known = message.order_nos.length + conversation.order_nos.length > 0;
  return step.action === 'compensate' || known ? {} : { order_no: '—' };
}
