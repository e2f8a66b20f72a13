import { useTranslation } from 'react-i18next';
import type { ConversationView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import { rolesWith } from '#shared/domain/permissions.ts';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import { recallFactsOf } from '#shared/domain/recall/facts.ts';
import { useEvidenceRights } from '#renderer/bridge/evidence.ts';
import { formatCountdown } from '#renderer/ui/format.ts';
import { Menu, type MenuAnchor, type MenuItem } from '#renderer/ui/Menu.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import { origins } from './composer/origin.ts';
import { copyText } from './message-calls.ts';
import type { RowActions } from './MessageRow.tsx';
import { outgoingFacts } from './recall/facts.ts';
import { recallMenu } from './recall/menu.ts';
import { useRecallContext } from './recall/use-recall-context.ts';
import { reasonWords, riskWords } from './recall/words.ts';

export type MenuTarget = { readonly message: MessageView } | { readonly outgoing: OutgoingView };

/** What the menu is about, as it is now: what was on its way when the menu opened may be a message of its own by now. */
export function liveTarget(
  target: MenuTarget,
  messages: readonly MessageView[] | null,
  live: (message: MessageView) => MessageView,
): MenuTarget {
  if ('message' in target) return { message: live(target.message) };
  const { client_msg_id: id } = target.outgoing;
  const arrived = messages?.findLast((message) => message.client_msg_id === id);
  return arrived === undefined ? target : { message: arrived };
}

/** The menu with its live countdown: every second, and at once when message, policy or connection change. */
export function MessageMenu(props: {
  target: MenuTarget;
  anchor: MenuAnchor;
  conversation: ConversationView;
  actions: RowActions;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { target, conversation, actions } = props;
  const rights = useEvidenceRights();
  const { account, now, context } = useRecallContext(conversation);
  const items: MenuItem[] = [];
  const text = 'message' in target ? target.message.text : target.outgoing.text;
  const ours = 'outgoing' in target || target.message.sender.role === 'agent';
  let blocked = false;

  if (ours && context && account) {
    const facts = 'message' in target ? recallFactsOf(target.message) : outgoingFacts(target.outgoing, account);
    const model = recallMenu(assessRecall(facts, context), now);
    // Not while it is being done: its own outcome will speak.
    blocked = model.disabled && model.reason?.code !== 'IN_FLIGHT' && model.reason?.code !== 'ALREADY_RECALLED';
    items.push({
      id: 'recall',
      icon: 'undo',
      danger: true,
      label: model.action === 'cancel' ? t('chat.cancelPending') : t('chat.recall'),
      ...(model.remainingMs === null ? {} : { trailing: formatCountdown(model.remainingMs) }),
      ...(model.reason === null
        ? {}
        : {
            note:
              model.reason.level === 'blocked'
                ? reasonWords(model.reason, t, locale)
                : riskWords(model.reason, t, locale),
          }),
      disabled: model.disabled,
      onSelect: () => {
        if ('outgoing' in target) actions.cancelSend(target.outgoing);
        else actions.recall(target.message);
      },
    });
  }
  if (ours && 'message' in target && blocked)
    items.push({
      id: 'remedy',
      icon: 'warning',
      label: t('incidents.card.remedy'),
      onSelect: () => actions.askRemedy(target.message),
    });
  if (ours && 'message' in target && conversation.intake === 'active')
    items.push({
      id: 'correct',
      icon: 'pencil',
      label: t('chat.sendCorrection'),
      onSelect: () => actions.correct(target.message),
    });
  if (text !== null && text !== '')
    items.push({
      id: 'copy',
      icon: 'copy',
      label: t('chat.copyText'),
      separatorBefore: items.length > 0,
      onSelect: () => {
        // PV5: copied here, so elsewhere it is asked about.
        const name = conversation.consumer?.name ?? conversation.title;
        origins.copied({ key: conversation.key, name }, text);
        void copyText(text, t);
      },
    });
  if ('message' in target) {
    const { message } = target;
    if (ours && account?.agent) {
      items.push({
        id: 'incident',
        icon: 'incident',
        label: t('incidents.card.add'),
        separatorBefore: true,
        onSelect: () => actions.addIncident(message),
      });
      if (message.sender.id === account.agent.agent_id)
        items.push({
          id: 'select',
          icon: 'check',
          label: t('incidents.batch.select'),
          onSelect: () => actions.toggle(message),
        });
    }
    const may = message.evidence ? rights.release : rights.mark;
    items.push({
      id: 'evidence',
      icon: 'bookmark',
      label: t(message.evidence ? 'evidence.release' : 'evidence.mark'),
      disabled: !may,
      ...(may
        ? {}
        : {
            note: t('evidence.markNeeds', {
              roles: rolesWith(message.evidence ? 'hold.place' : 'evidence.mark')
                .map((role) => t(`administration.role.${role}`))
                .join(t('common.listSeparator')),
            }),
          }),
      onSelect: () => actions.evidence(message),
    });
    items.push({
      id: 'copy-id',
      icon: 'copy',
      label: t('chat.copyId'),
      onSelect: () => void copyText(message.msg_id, t),
    });
    for (const number of new Set([
      ...message.order_nos,
      ...message.violation_nos,
      ...(message.order ? [message.order.order_no] : []),
    ]))
      items.push({
        id: `number-${number}`,
        icon: 'search',
        label: t('chat.searchNumber', { number }),
        onSelect: () => actions.searchNumber(number),
      });
  }
  return <Menu anchor={props.anchor} label={t('chat.menu')} items={items} onClose={props.onClose} />;
}
