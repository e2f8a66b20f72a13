import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { create } from 'zustand';
import type { ConsumerOrder } from '#shared/contract/desk.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { useConversation } from '#renderer/bridge/conversation.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { currentLocale, errorWords, platformName } from '#renderer/ui/words.ts';
import { formatStamp } from '#renderer/ui/format.ts';
import { Avatar, Tag } from '#renderer/ui/marks.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { ConsumerNote } from './ConsumerNote.tsx';
import { ordersIn } from './orders.ts';
import './side-panel.css';

/** Order cards are looked for among that many newest messages: not before the chat beside is there, and this often while more come. */
const CARDS_REACH = 400;
const CARDS_AFTER_MS = 150;
const CARDS_REST_MS = 2_000;

/** The page that is open, also after the panel or the desk was away; with the request that was followed last. */
const useTab = create<{ readonly tab: string; readonly followed: number }>()(() => ({ tab: 'orders', followed: 0 }));
const setTab = (tab: string): void => useTab.setState({ tab });

/** Who the consumer is, their orders as far as the conversation shows them, and who served them when. */
export function SidePanel(props: {
  conversationKey: ConversationKey;
  onSearchNumber: (number: string) => void;
  /** Pages of other features, put in by whoever composes the window. */
  pages?: readonly {
    readonly id: string;
    readonly label: string;
    readonly show: (data: ConversationView) => ReactNode;
  }[];
  /** The page to show, asked for from elsewhere; a new turn asks anew. */
  request?: { readonly page: string; readonly turn: number };
}) {
  const { t, i18n } = useTranslation();
  const key = props.conversationKey;
  const tab = useTab((state) => state.tab);
  const { request } = props;
  const turn = request?.turn ?? 0;
  const wanted = request?.page;
  useEffect(() => {
    if (wanted !== undefined && turn !== useTab.getState().followed) useTab.setState({ tab: wanted, followed: turn });
  }, [turn, wanted]);
  const page = props.pages?.find(({ id }) => id === tab);
  const conversation = useConversation(key);
  const consumer = useAsk('consumers.get', { conversation_key: key });
  const { reload } = conversation;
  const reloadConsumer = consumer.reload;
  useEffect(() => {
    const ask = spaced(reloadConsumer, CARDS_REST_MS);
    const stop = bridge.subscribe(
      'conversations',
      ({ keys }) => (keys.length === 0 || keys.includes(key)) && ask.ask(),
    );
    return () => {
      stop();
      ask.stop();
    };
  }, [key, reloadConsumer]);

  const { data } = conversation;
  // Pages about the shop stay as they are while the next conversation is asked for; nothing of a consumer does.
  const last = useRef(data);
  useEffect(() => {
    if (data !== null) last.current = data;
  }, [data]);
  const about = data ?? (page === undefined || conversation.error ? null : last.current);
  return (
    <aside className="side" aria-label={t('side.label')}>
      <Tabs
        label={t('side.tabs')}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'orders', label: t('side.orders') },
          { value: 'consumer', label: t('side.consumer') },
          ...(props.pages ?? []).map(({ id, label }) => ({ value: id, label })),
        ]}
      />
      <div className="side-body">
        {about === null ? (
          conversation.error ? (
            <ErrorState
              compact
              words={errorWords(conversation.error)}
              code={conversation.error.code}
              retry={t('common.retry')}
              onRetry={reload}
            />
          ) : (
            <LoadingState label={t('common.loading')} rows={3} />
          )
        ) : page ? (
          page.show(about)
        ) : data === null ? null : tab === 'orders' ? (
          <Orders
            conversationKey={key}
            known={data.order_nos}
            violations={data.violation_nos}
            others={consumer.data?.orders.filter(({ order_no }) => !data.order_nos.includes(order_no)) ?? []}
            onSearch={props.onSearchNumber}
          />
        ) : (
          <>
            <div className="side-who">
              <Avatar name={data.consumer?.name ?? data.title} size={40} square={data.type === 'group'} />
              <div className="side-who-name foreign">{data.consumer?.name ?? data.title}</div>
            </div>
            <dl className="side-facts">
              {data.consumer && (
                <>
                  <dt>{t('side.consumerId')}</dt>
                  <dd className="foreign num">{data.consumer.consumer_id}</dd>
                </>
              )}
              <dt>{t('side.shop')}</dt>
              <dd className="foreign">{data.shop.name}</dd>
              <dt>{t('side.platform')}</dt>
              <dd className="foreign">{platformName(data.shop.platform, currentLocale(i18n.language))}</dd>
              <dt>{t('side.since')}</dt>
              <dd className="num">
                {data.last_message_at === null ? t('common.none') : formatStamp(data.last_message_at)}
              </dd>
            </dl>
            {(data.consumer_restricts_recall || data.legal_hold) && (
              <div className="side-tags">
                {data.consumer_restricts_recall && <Tag tone="waiting">{t('side.restricts')}</Tag>}
                {data.legal_hold && <Tag tone="accent">{t('side.hold')}</Tag>}
              </div>
            )}
            {data.consumer === null ? (
              <p className="side-quiet">{t('desk.consumer.noConsumer')}</p>
            ) : (
              consumer.data && <ConsumerNote key={key} conversation={data} consumer={consumer.data} />
            )}
            <h3>{t('side.assignments')}</h3>
            {data.assignments.length === 0 ? (
              <p className="side-quiet">{t('side.noAssignments')}</p>
            ) : (
              <ol className="side-assignments">
                {data.assignments.toReversed().map((assignment) => (
                  <li key={`${assignment.agent_id}-${assignment.from}`}>
                    <span className="foreign side-assignee">{assignment.name}</span>
                    <Tag>{t(`side.how.${assignment.how}`)}</Tag>
                    <span className="num side-span">
                      {formatStamp(assignment.from).slice(5, 16)} –{' '}
                      {assignment.to === null ? t('side.now') : formatStamp(assignment.to).slice(5, 16)}
                    </span>
                  </li>
                ))}
              </ol>
            )}
          </>
        )}
      </div>
    </aside>
  );
}

function Orders(props: {
  conversationKey: ConversationKey;
  known: readonly string[];
  violations: readonly string[];
  /** Of the same consumer's other conversations at the shop (IN9). */
  others: readonly ConsumerOrder[];
  onSearch: (number: string) => void;
}) {
  const { t } = useTranslation();
  const key = props.conversationKey;
  const [due, setDue] = useState<ConversationKey | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setDue(key), CARDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [key]);
  const recent = useAsk('messages.page', due === key ? { conversation_key: key, limit: CARDS_REACH } : null);
  const { reload } = recent;
  useEffect(() => {
    const questions = spaced(reload, CARDS_REST_MS);
    const stop = bridge.subscribe(
      'messages',
      ({ keys }) => (keys.length === 0 || keys.includes(key)) && questions.ask(),
    );
    return () => {
      stop();
      questions.stop();
    };
  }, [key, reload]);
  const orders = ordersIn(recent.data?.messages ?? [], props.known);
  if (orders.length === 0 && props.violations.length === 0 && props.others.length === 0)
    return <StateMessage compact icon="box" title={t('side.noOrders')} note={t('side.noOrdersNote')} />;
  return (
    <>
      <ul className="side-orders">
        {orders.map((order) => (
          <li key={order.order_no}>
            <div className="side-order-line">
              <button
                type="button"
                className="side-number num"
                title={t('side.search')}
                onClick={() => props.onSearch(order.order_no)}
              >
                {order.order_no}
              </button>
              {order.status !== null && <Tag>{order.status}</Tag>}
            </div>
            {order.title !== null && <p className="side-order-title foreign">{order.title}</p>}
            {order.amount !== null && <p className="num side-order-amount">¥{order.amount}</p>}
          </li>
        ))}
      </ul>
      {props.others.length > 0 && (
        <>
          <h3>{t('desk.consumer.otherOrders')}</h3>
          <ul className="side-orders">
            {props.others.map((order) => (
              <li key={order.order_no}>
                <div className="side-order-line">
                  <button
                    type="button"
                    className="side-number num"
                    title={t('side.search')}
                    onClick={() => props.onSearch(order.order_no)}
                  >
                    {order.order_no}
                  </button>
                  <Tag>{order.card?.status ?? t('desk.consumer.elsewhere')}</Tag>
                </div>
                {order.card && <p className="side-order-title foreign">{order.card.title}</p>}
                {order.card && <p className="num side-order-amount">¥{order.card.amount}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
      {props.violations.length > 0 && (
        <>
          <h3>{t('side.violations')}</h3>
          <ul className="side-orders">
            {props.violations.map((number) => (
              <li key={number}>
                <button
                  type="button"
                  className="side-number num"
                  title={t('side.search')}
                  onClick={() => props.onSearch(number)}
                >
                  {number}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
