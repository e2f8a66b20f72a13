import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { MessageView } from '#shared/contract/views.ts';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useMarks } from '#renderer/bridge/marks.ts';
import { useEvidence, useEvidenceRights } from '#renderer/bridge/evidence.ts';
import { useMayOpenSeals, useSeal } from '#renderer/bridge/seals.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { dayKey, formatDay, formatStamp, formatTimeSeconds } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { EvidenceDialog, type EvidenceSay } from '#renderer/ui/EvidenceDialog.tsx';
import { SealDialog, type SealSay } from '#renderer/ui/SealDialog.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { useVirtualizer } from '#renderer/ui/virtual.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { useDesk } from './desk.ts';
import { inPackage, usePackage } from './packages.ts';
import { ReviewButton } from './PackageReview.tsx';
import { useReportRunning } from './running.ts';
import { LongText } from '#renderer/ui/LongText.tsx';
import { Marked } from '#renderer/ui/Marked.tsx';

const PAGE = 200;

interface Loaded {
  readonly messages: readonly MessageView[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/**
 * Both sides of the conversations with one consumer, in the range of the search, with its matches marked (SR6). F3 and n go
 * to the next match, Shift+F3 and p to the previous.
 */
export function Transcript(props: {
  conversations: readonly ConversationKey[];
  query: SearchQuery;
  /** Where to begin; without it at the first match, else at the end. */
  focus?: MessageKey;
  title: string;
  shop: string;
  /** Said under the name: assigned and not answered (SR7). */
  mark?: string;
}) {
  const { t } = useTranslation();
  const [index, setIndex] = useState(Math.max(0, props.conversations.length - 1));
  const key = props.conversations[Math.min(index, props.conversations.length - 1)];
  const hasText = (props.query.text ?? '').trim() !== '';
  const packageId = usePackage();
  const openInDesk = useDesk();
  const marks = useMarks('records-marks', hasText ? props.query : null, key ?? null, props.focus ?? 'first', packageId);
  useReportRunning('marks', marks.loading);
  const { step } = marks;
  const latestStep = useRef(step);
  useLayoutEffect(() => {
    latestStep.current = step;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.key === 'F3') latestStep.current(event.shiftKey ? -1 : 1);
      else if (!typing && event.key === 'n') latestStep.current(1);
      else if (!typing && event.key === 'p') latestStep.current(-1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  // While a part of the marks is on its way, what is shown stays where it is.
  const [target, setTarget] = useState(props.focus);
  const wanted = marks.index === null ? props.focus : (marks.key ?? undefined);
  useLayoutEffect(() => {
    if (wanted !== undefined) setTarget(wanted);
  }, [wanted]);
  if (key === undefined) return <StateMessage icon="chat" title={t('records.chooseConsumer')} />;
  return (
    <section className="transcript" aria-label={t('records.transcript')}>
      <header className="pane-head">
        <span className="pane-title ellipsis foreign">{props.title}</span>
        <span className="pane-note ellipsis foreign">{props.shop}</span>
        {props.conversations.length > 1 && (
          <span className="transcript-sessions num">
            <IconButton
              icon="chevronUp"
              iconSize={12}
              label={t('records.session', { index, count: props.conversations.length })}
              disabled={index === 0}
              onClick={() => setIndex(index - 1)}
            />
            {t('records.session', { index: index + 1, count: props.conversations.length })}
            <IconButton
              icon="chevronDown"
              iconSize={12}
              label={t('records.session', { index: index + 2, count: props.conversations.length })}
              disabled={index >= props.conversations.length - 1}
              onClick={() => setIndex(index + 1)}
            />
          </span>
        )}
        {packageId === undefined && openInDesk && (
          <IconButton
            icon="chat"
            iconSize={14}
            className="pane-action"
            label={t('records.openInDesk')}
            onClick={() => openInDesk(key)}
          />
        )}
        {packageId !== undefined && <ReviewButton packageId={packageId} conversation={key} />}
        {hasText && (
          <span className="transcript-matches num">
            {marks.total > 0
              ? t('records.matchCount', { index: (marks.index ?? 0) + 1, count: marks.total })
              : marks.loading
                ? ''
                : t('records.noMatches')}
            <IconButton
              icon="arrowUp"
              iconSize={14}
              label={t('records.previousMatch')}
              disabled={marks.total === 0}
              onClick={() => step(-1)}
            />
            <IconButton
              icon="arrowDown"
              iconSize={14}
              label={t('records.nextMatch')}
              disabled={marks.total === 0}
              onClick={() => step(1)}
            />
          </span>
        )}
      </header>
      {props.mark !== undefined && (
        <p className="transcript-mark num" role="note">
          {props.mark}
        </p>
      )}
      {(!hasText || !marks.loading) && (
        <TranscriptLines
          key={key}
          conversation={key}
          from={props.query.from}
          to={props.query.to}
          matches={marks.matches}
          target={wanted ?? target ?? null}
          current={marks.key}
        />
      )}
    </section>
  );
}

function TranscriptLines(props: {
  conversation: ConversationKey;
  from: number | undefined;
  to: number | undefined;
  matches: ReadonlyMap<MessageKey, readonly (readonly [number, number])[]>;
  target: MessageKey | null;
  current: MessageKey | null;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const busy = useRef(false);
  const turn = useRef(0);
  const mayOpenSeals = useMayOpenSeals();
  const { seal, open: openSeal, save: saveSeal, close: closeSeal } = useSeal();
  const rights = useEvidenceRights();
  const { conversation, from, to } = props;
  const packageId = usePackage();
  const evidence = useEvidence((changed) => {
    toast({ tone: 'done', text: t(changed.evidence ? 'evidence.marked' : 'evidence.released') });
    setLoaded((now) =>
      now === null
        ? now
        : { ...now, messages: now.messages.map((each) => (each.key === changed.key ? changed : each)) },
    );
  });

  const load = useCallback(
    async (where: { around?: MessageKey; before?: MessageKey; after?: MessageKey }) => {
      // What follows on what is shown waits for the page on its way; another place is shown instead of it.
      if (busy.current && (where.before !== undefined || where.after !== undefined)) return;
      const own = ++turn.current;
      busy.current = true;
      const answer = await bridge.call('messages.page', {
        conversation_key: conversation,
        limit: PAGE,
        ...where,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...inPackage(packageId),
      });
      if (own !== turn.current) return;
      busy.current = false;
      if (!answer.ok) {
        setError(answer.error);
        return;
      }
      setError(null);
      const page = answer.result;
      setLoaded((before) => {
        if (before && where.before !== undefined)
          return {
            messages: [...page.messages, ...before.messages],
            hasOlder: page.has_older,
            hasNewer: before.hasNewer,
          };
        if (before && where.after !== undefined)
          return {
            messages: [...before.messages, ...page.messages],
            hasOlder: before.hasOlder,
            hasNewer: page.has_newer,
          };
        return { messages: page.messages, hasOlder: page.has_older, hasNewer: page.has_newer };
      });
    },
    [conversation, from, to, packageId],
  );

  const lines = loaded?.messages ?? [];
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 30,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 20,
    paddingStart: 6,
    paddingEnd: 12,
    anchorTo: 'end',
  });

  // To where the person looks: what is loaded is scrolled to, what is not is loaded around.
  const targetIndex = props.target === null ? -1 : lines.findIndex((message) => message.key === props.target);
  const asked = useRef<MessageKey | 'end' | null>(null);
  const shownTarget = useRef<MessageKey | 'end' | null>(null);
  useEffect(() => {
    const want = props.target ?? 'end';
    if (loaded === null || (props.target !== null && targetIndex < 0)) {
      if (asked.current === want) return;
      asked.current = want;
      void load(props.target === null ? {} : { around: props.target });
      return;
    }
    if (shownTarget.current === want || lines.length === 0) return;
    shownTarget.current = want;
    requestAnimationFrame(() =>
      virtualizer.scrollToIndex(props.target === null ? lines.length - 1 : targetIndex, {
        align: props.target === null ? 'end' : 'center',
      }),
    );
  }, [loaded, lines.length, props.target, targetIndex, load, virtualizer]);

  if (loaded === null)
    return error ? (
      <ErrorState words={errorWords(error)} code={error.code} retry={t('common.retry')} onRetry={() => void load({})} />
    ) : (
      <LoadingState label={t('common.loading')} rows={5} />
    );
  if (lines.length === 0) return <StateMessage icon="chat" title={t('records.empty')} note={t('records.emptyNote')} />;
  const first = lines[0];
  const last = lines.at(-1);
  return (
    <div
      ref={scroller}
      className="transcript-scroll"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={t('records.transcript')}
      onScroll={(event) => {
        const element = event.currentTarget;
        if (loaded.hasOlder && first && element.scrollTop < 200) void load({ before: first.key });
        else if (loaded.hasNewer && last && element.scrollHeight - element.scrollTop - element.clientHeight < 200)
          void load({ after: last.key });
      }}
    >
      {loaded.hasOlder && first && (
        <Button look="link" className="transcript-edge" onClick={() => void load({ before: first.key })}>
          {t('records.earlierInRange')}
        </Button>
      )}
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((row) => {
          const message = lines[row.index];
          if (!message) return null;
          const before = lines[row.index - 1];
          const newDay = !before || dayKey(before.sent_at) !== dayKey(message.sent_at);
          return (
            <div
              key={row.key}
              data-index={row.index}
              ref={virtualizer.measureElement}
              className="transcript-item"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {newDay && <div className="transcript-day">{formatDay(message.sent_at, localNow(), locale)}</div>}
              <Line
                message={message}
                continued={
                  !newDay && before?.sender.id === message.sender.id && before.sender.role === message.sender.role
                }
                matches={props.matches.get(message.key) ?? []}
                current={message.key === props.current}
                packageId={packageId}
                onOpenSeal={mayOpenSeals && packageId === undefined ? openSeal : null}
                onEvidence={
                  packageId === undefined && (message.evidence ? rights.release : rights.mark) ? evidence.ask : null
                }
              />
            </div>
          );
        })}
      </div>
      {seal && (
        <SealDialog seal={seal} say={t as unknown as SealSay} onSave={() => void saveSeal()} onClose={closeSeal} />
      )}
      {evidence.wish && (
        <EvidenceDialog
          wish={evidence.wish}
          say={t as unknown as EvidenceSay}
          onConfirm={(note) => void evidence.confirm(note)}
          onClose={evidence.close}
        />
      )}
    </div>
  );
}

function Line(props: {
  message: MessageView;
  continued: boolean;
  matches: readonly (readonly [number, number])[];
  current: boolean;
  packageId: string | undefined;
  onOpenSeal: ((key: MessageView['key']) => void) | null;
  /** Null where nobody here may, or nothing can be marked. */
  onEvidence: ((message: MessageView) => void) | null;
}) {
  const { t, i18n } = useTranslation();
  const { message } = props;
  return (
    <div className={`line is-${message.sender.role} ${props.current ? 'is-current' : ''}`}>
      <time className="num">{formatTimeSeconds(message.sent_at, currentLocale(i18n.language))}</time>
      <span className="line-sender ellipsis foreign" title={message.sender.name}>
        {props.continued ? '' : message.sender.name}
      </span>
      <div className="line-text foreign">
        {message.damaged && (
          <>
            <Tag tone="failed" title={t('packages.markHint')}>
              {t('packages.mark')}
            </Tag>{' '}
          </>
        )}
        {message.correction_of !== null && (
          <>
            <Tag tone="accent">{t('chat.correction')}</Tag>{' '}
          </>
        )}
        {message.recalled ? (
          <>
            <span className="line-recalled">{t('records.recalledText')}</span>
            {message.recalled.sealed && props.packageId !== undefined && (
              <span className="is-soft"> · {t('packages.sealed')}</span>
            )}
            {message.recalled.sealed && props.onOpenSeal && (
              <Button look="link" title={t('incidents.seal.hint')} onClick={() => props.onOpenSeal?.(message.key)}>
                {t('incidents.seal.open')}
              </Button>
            )}
          </>
        ) : message.order ? (
          <span className="line-order">
            <Tag>{t('chat.order')}</Tag> <span className="num">{message.order.order_no}</span> {message.order.title}{' '}
            <span className="num">¥{message.order.amount}</span> {message.order.status}
          </span>
        ) : (
          <>
            {message.attachment && (
              <>
                <Tag>{t(`records.kinds.${message.kind}`)}</Tag> {message.attachment.name}{' '}
              </>
            )}
            {message.text === null || message.text === '' ? (
              !message.attachment && <Tag>{t(`records.kinds.${message.kind}`)}</Tag>
            ) : (
              <LongText
                text={message.text}
                until={props.matches.at(-1)?.[1] ?? 0}
                more={(count) => t('chat.showAll', { count })}
              >
                {(shown) => <Marked text={shown} matches={props.matches} current={props.current} />}
              </LongText>
            )}
            {message.attachment && message.kind === 'image' && props.packageId !== undefined && (
              <PackagePicture packageId={props.packageId} sha256={message.attachment.sha256} />
            )}
          </>
        )}
        {message.recalled && message.recalled.effect !== 'both' && (
          <Tag tone="waiting">{t(`recall.effects.${message.recalled.effect}`)}</Tag>
        )}
        {message.corrected_by !== null && <Tag>{t('chat.correctedBy')}</Tag>}
        {message.evidence && (
          <>
            {' '}
            <Tag tone="accent" title={t('evidence.keptSince', { time: formatStamp(message.evidence.at) })}>
              {t('evidence.kept')}
            </Tag>
          </>
        )}
      </div>
      {props.onEvidence && (
        <IconButton
          icon="bookmark"
          iconSize={14}
          className="line-evidence"
          label={t(message.evidence ? 'evidence.release' : 'evidence.mark')}
          onClick={() => props.onEvidence?.(message)}
        />
      )}
    </div>
  );
}

/** A picture that the package carries; nothing where it doesn't. */
function PackagePicture(props: { packageId: string; sha256: string }) {
  const [missing, setMissing] = useState(false);
  if (missing) return null;
  return (
    <img
      className="line-picture"
      alt=""
      loading="lazy"
      src={`attachments/p-${props.packageId}-${props.sha256}`}
      onError={() => setMissing(true)}
    />
  );
}
