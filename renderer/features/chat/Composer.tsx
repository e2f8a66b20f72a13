import {
  memo,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
} from 'react';
import { askForPanel, offerComposer } from '#renderer/bridge/compose.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive, windowClock } from '#renderer/bridge/live.ts';
import { repliesName, useReplies, wantReplies } from '#renderer/bridge/replies.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import { whenFree } from '#renderer/ui/return-focus.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import type { ReplyView } from '#shared/contract/composer.ts';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import { findMembers } from '#shared/domain/composer/find-members.ts';
import { findReplies } from '#shared/domain/composer/find-replies.ts';
import { fillVariables, unfilledVariables, type VariableValues } from '#shared/domain/composer/variables.ts';
import { hitName, type GuardHit } from '#shared/domain/guard/inspect.ts';
import type { MessageId } from '#shared/domain/ids.ts';
import { AttachButton, AttachmentTray } from './attachments/AttachmentTray.tsx';
import { chosenNames, hasChosen, sendChosen, useStaged } from './attachments/staged.ts';
import { askedAt, type Asked } from './composer/asked.ts';
import { typeInto } from './composer/edit.ts';
import { EmojiPicker } from './composer/EmojiPicker.tsx';
import { FieldMarks } from './composer/FieldMarks.tsx';
import { Notes } from './composer/Notes.tsx';
import { origins, type Place } from './composer/origin.ts';
import { asksForOrder, knownValues, orderValues } from './composer/reply-values.ts';
import { PickList, type Pick } from './composer/PickList.tsx';
import { SendDialog, type Asking } from './composer/SendDialog.tsx';
import { useMembers } from './composer/use-members.ts';
import { createDraftSaver, givesWay, joinDraft, useComposers, type ComposerDraft } from './drafts.ts';
import { useGuard } from './guard/use-guard.ts';
import { enterAction, enterBelongsToInputMethod } from './ime.ts';
import { useWords } from './use-words.ts';

const saver = createDraftSaver((key, text) => void bridge.call('drafts.set', { conversation_key: key, text }));
addEventListener('pagehide', () => saver.flushAll());
/** Of a consumer, in the field's own words; the whole one stands above the chat. */
const LONGEST_NAME = 40;

/** Whose the drafts are, for asking "is this meant for …?" (PV5). */
const places = new Map<number, Place>();
const NO_HITS: readonly GuardHit[] = [];
/** Nothing is asked yet. */
const ALONE = { files: [], doubts: [], hits: NO_HITS, override: false, same: false } as const;
const SHOWN_PICKS = 8;

export interface ComposerHandle {
  /** With the next frame: a dialog that closes just now still holds the focus. */
  focus(): void;
  /** Returned text goes in without destroying what stands there (RC14). */
  bringBack(text: string): void;
  /** RM2. */
  correct(msgId: string, original: string, prefix: string): void;
}

/** What is known of a conversation's draft: what was typed in this window, else as it is stored. */
function draftOf(conversation: ConversationView): ComposerDraft {
  return useComposers.getState().drafts[conversation.key] ?? { text: conversation.draft ?? '', correctionOf: null };
}

/** For text that comes back where no composer is open: it stands there when one opens. */
export function keepAsDraft(conversation: ConversationView, text: string): void {
  const before = draftOf(conversation);
  const joined = joinDraft(before.text, text);
  useComposers.getState().set(conversation.key, { ...before, text: joined });
  saver.note(conversation.key, joined);
}

/** By itself: what comes in must not be drawn between a key and its letter. */
export const Composer = memo(function Composer(props: {
  conversation: ConversationView;
  account: AccountView | null;
  name: string;
  ref?: Ref<ComposerHandle>;
  onSent: () => void;
  /** Esc: what still waits to be sent comes back (PV2). Answers whether there was something. */
  onTakeBack: () => boolean;
  /** ↑ in an empty field: to the messages. */
  onMessages: () => boolean;
}) {
  const { t } = useWords();
  const { conversation, account, name } = props;
  const key = conversation.key;
  const field = useRef<HTMLTextAreaElement>(null);
  const marks = useRef<HTMLDivElement>(null);
  const composing = useRef(false);
  const composedAt = useRef<number | null>(null);
  const busy = useRef(false);
  const enterSends = useLive((state) => state.settings?.enter_sends ?? true);
  const typed = useComposers((state) => state.drafts[key]);
  const draft = typed ?? draftOf(conversation);
  const shop = account?.shops.find((candidate) => candidate.shop_id === conversation.shop.shop_id) ?? null;
  const policy = shop?.policy ?? null;
  const max = policy?.send.max_text ?? null;
  const length = useMemo(() => [...draft.text].length, [draft.text]);
  const over = max !== null && length > max;
  const inGroup = conversation.type === 'group';
  const place = useMemo((): Place => ({ key, name }), [key, name]);

  const guard = useGuard(conversation, policy, draft.text);
  const unfilled = useMemo(() => unfilledVariables(draft.text), [draft.text]);
  // Marks come later than the text: a field that was scrolled meanwhile is followed then, too.
  useLayoutEffect(() => {
    if (marks.current && field.current) marks.current.scrollTop = field.current.scrollTop;
  }, [guard.hits, unfilled]);
  const mayOverride = (account?.agent && policy?.send.override_roles?.includes(account.agent.role)) ?? false;
  /** The text with which sending was tried and refused, and why. */
  const [refused, setRefused] = useState<{ readonly text: string; readonly why: 'blocked' | 'long' } | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [current, setCurrent] = useState(0);
  const [emoji, setEmoji] = useState(false);
  /** Where the person closed the list: it stays closed for this sign. */
  const closedAt = useRef<number | null>(null);

  const now = (): ComposerDraft => draftOf(conversation);
  const change = (next: ComposerDraft): void => {
    useComposers.getState().set(key, next);
    places.set(key, place);
    if (next.text === '') origins.emptied(key);
    saver.note(key, next.text);
  };

  useEffect(() => () => saver.flush(key), [key]);
  // Two windows of one profile: what was sent or written in the other must not stand here to be sent again.
  const stored = conversation.draft ?? '';
  useEffect(() => {
    const { drafts, forget } = useComposers.getState();
    if (givesWay(drafts[key], stored, { unsaved: saver.waits(key), inUse: document.hasFocus() })) forget(key);
  }, [key, stored]);
  useEffect(() => origins.opened(place, performance.now()), [place]);

  // ── what stands here besides typing ─────────────────────────────────────────────────────────────────────────────

  /** Like typing: one undo takes it out again. The selection is replaced. */
  const insert = (text: string, start?: number, end?: number): void => {
    const element = field.current;
    if (!element) return;
    typeInto(element, text, start ?? element.selectionStart, end ?? element.selectionEnd);
    // To the first thing that still has to be filled in.
    const from = start ?? element.selectionEnd - text.length;
    const gap = unfilledVariables(text)[0];
    if (gap) element.setSelectionRange(from + gap.start, from + gap.end);
    setAsked(null);
  };

  const values = (): VariableValues => knownValues(conversation, account, windowClock());
  const insertFilled = async (text: string, start?: number, end?: number): Promise<void> => {
    const filled = fillVariables(text, values());
    insert(asksForOrder(filled) ? fillVariables(filled, await orderValues(key)) : filled, start, end);
  };

  const live = useRef({ insertFilled });
  live.current = { insertFilled };
  // With the layout: while another screen is still on its way this one is hidden, and offers nothing.
  useLayoutEffect(
    () =>
      offerComposer({
        conversation: key,
        insert: (text) => void live.current.insertFilled(text),
        focus: () => field.current?.focus(),
      }),
    [key],
  );

  /** The whole text anew, undoably. */
  const replaceAll = (text: string, correctionOf: ComposerDraft['correctionOf']): void => {
    change({ ...now(), correctionOf });
    // After the field is there and shows what is known.
    requestAnimationFrame(() =>
      whenFree(() => {
        const element = field.current;
        if (element && document.activeElement !== element) element.focus();
        if (element && element.value !== text) typeInto(element, text, 0, element.value.length);
        else if (!element) change({ text, correctionOf });
      }),
    );
  };

  useImperativeHandle(props.ref, () => ({
    focus: () => void requestAnimationFrame(() => whenFree(() => field.current?.focus())),
    bringBack(text) {
      const before = now();
      replaceAll(joinDraft(before.text, text), before.correctionOf);
    },
    correct(msgId, original, prefix) {
      const before = now();
      replaceAll(before.text.startsWith(prefix) ? before.text : prefix + before.text, { msgId, text: original });
    },
  }));

  // ── looking up while typing (PV7, mentions) ─────────────────────────────────────────────────────────────────────

  const accountId = conversation.account_id;
  const shopId = conversation.shop.shop_id;
  useEffect(() => {
    if (accountId !== null) wantReplies(accountId, shopId);
  }, [accountId, shopId]);
  const replies = useReplies((all) => (accountId === null ? undefined : all[repliesName(accountId, shopId)]));
  const members = useMembers(conversation, asked?.kind === 'member');
  const found = useMemo((): readonly (Pick & { readonly text: string; readonly reply?: ReplyView })[] => {
    if (asked === null) return [];
    if (asked.kind === 'reply')
      return findReplies(replies?.index ?? [], asked.query, SHOWN_PICKS).map((reply) => ({
        id: String(reply.id),
        title: reply.title,
        note: reply.body.replace(/\s+/g, ' '),
        trailing: reply.group,
        text: reply.body,
        reply,
      }));
    return findMembers(members, asked.query, SHOWN_PICKS).map(({ id, name: title }) => ({
      id,
      title,
      text: `@${title} `,
    }));
  }, [asked, replies, members]);
  const picking = asked !== null && found.length > 0;

  const lookUp = (): void => {
    const element = field.current;
    if (!element || element.selectionStart !== element.selectionEnd) {
      if (asked !== null) setAsked(null);
      return;
    }
    const next = askedAt(element.value, element.selectionStart, inGroup);
    if (next === null) closedAt.current = null;
    if (next !== null && next.start === closedAt.current) return;
    if (next?.start !== asked?.start || next?.query !== asked?.query) {
      setAsked(next);
      setCurrent(0);
    }
  };
  const choose = (index: number): void => {
    const pick = found[index];
    if (!pick || !asked) return;
    if (pick.reply) {
      void insertFilled(pick.text, asked.start, asked.end);
      void bridge.call('replies.used', { id: pick.reply.id });
    } else insert(pick.text, asked.start, asked.end);
  };
  const openReplies = (): void => {
    const element = field.current;
    if (!element) return;
    const before = element.value.slice(0, element.selectionStart);
    closedAt.current = null;
    insert(before === '' || /\s$/.test(before) ? '/' : ' /');
    lookUp();
  };
  const openMembers = (): void => {
    closedAt.current = null;
    insert('@');
    lookUp();
  };
  /** True where the key belonged to the list. */
  const pickKey = (event: KeyboardEvent): boolean => {
    if (!picking) return false;
    if (event.key === 'ArrowDown') setCurrent((at) => (at + 1) % found.length);
    else if (event.key === 'ArrowUp') setCurrent((at) => (at + found.length - 1) % found.length);
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && !event.ctrlKey && !event.metaKey)
      choose(current);
    else if (event.key === 'Escape') {
      closedAt.current = asked?.start ?? null;
      setAsked(null);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  /** Keys that lead out of the field. True where it was one. */
  const leaves = (event: KeyboardEvent): boolean => {
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const left =
      event.key === 'Escape'
        ? props.onTakeBack()
        : event.key === 'ArrowUp' && now().text === '' && !event.repeat && props.onMessages();
    if (left) {
      event.preventDefault();
      event.stopPropagation();
    }
    return left;
  };

  // ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

  const select = (start: number, end: number): void => {
    field.current?.focus();
    field.current?.setSelectionRange(start, end);
  };
  const restore = (text: string, correctionOf: ComposerDraft['correctionOf']): void => {
    const present = now();
    change({ text: joinDraft(present.text, text), correctionOf: present.correctionOf ?? correctionOf });
  };

  const dispatch = async (
    text: string,
    confirmed: { hits: readonly GuardHit[]; same: boolean; reason: string | null },
  ) => {
    const before = now();
    // The field empties at once, so that a second Enter can't send twice; a refusal brings the text back. What was typed
    // while the check ran stays.
    const rest =
      before.text.trim() === text
        ? ''
        : before.text.trimStart().startsWith(text)
          ? before.text.trimStart().slice(text.length)
          : '';
    change({ text: rest, correctionOf: null });
    setRefused(null);
    // Pictures and files go first; the words about them follow, once they have passed their checks.
    if (hasChosen(key) && !(await sendFiles())) {
      restore(text, before.correctionOf);
      return;
    }
    const { hits, same, reason } = confirmed;
    const answer = await bridge.call('messages.send', {
      conversation_key: key,
      text,
      ...(before.correctionOf ? { correction_of: before.correctionOf.msgId as MessageId } : {}),
      ...(hits.length === 0 && !same
        ? {}
        : {
            confirmed: {
              hits: [...new Set(hits.map(hitName))],
              repeat: same,
              ...(reason === null ? {} : { override_reason: reason }),
            },
          }),
    });
    if (answer.ok) {
      props.onSent();
      return;
    }
    restore(text, before.correctionOf);
    const { code, details } = answer.error;
    const told = (Array.isArray(details?.['hits']) ? details['hits'] : []) as readonly GuardHit[];
    if (code === 'GUARD_CONFIRM')
      setAsking({ ...ALONE, text, hits: told.filter(({ action }) => action !== 'warn'), same });
    else if (code === 'SAME_TEXT') setAsking({ ...ALONE, text, hits, override: reason !== null, same: true });
    else if (code === 'GUARD_BLOCKED') setRefused({ text, why: 'blocked' });
    else {
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
  };

  const sendFiles = async (): Promise<boolean> => {
    const error = await sendChosen(key);
    if (error === null) {
      props.onSent();
      return true;
    }
    const words = errorWords(error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    return false;
  };
  const send = async (): Promise<void> => {
    const text = now().text.trim();
    if (busy.current || asking !== null) return;
    if (text === '') {
      if (!hasChosen(key)) return;
      // PV5 holds for files alone, too: all that can speak against them is the switch.
      const doubts = origins.doubts(place, '', performance.now(), []);
      if (doubts.length > 0) setAsking({ ...ALONE, text: '', files: chosenNames(key), doubts });
      else void sendFiles();
      return;
    }
    if (over) {
      setRefused({ text: now().text, why: 'long' });
      return;
    }
    const gap = unfilledVariables(now().text)[0];
    if (gap) {
      select(gap.start, gap.end);
      return;
    }
    busy.current = true;
    try {
      const known = guard.reportOf(text);
      const report = known instanceof Promise ? await known : known;
      if (report?.decision === 'block') {
        setRefused({ text: now().text, why: 'blocked' });
        return;
      }
      const hits = report?.hits.filter(({ action }) => action === 'confirm') ?? NO_HITS;
      const drafts = Object.entries(useComposers.getState().drafts).flatMap(([other, one]) => {
        const owner = places.get(Number(other));
        return one && owner && one.text !== '' ? [{ place: owner, text: one.text }] : [];
      });
      const doubts = origins.doubts(place, text, performance.now(), drafts);
      if (hits.length > 0 || doubts.length > 0) setAsking({ ...ALONE, text, doubts, hits });
      else void dispatch(text, { hits: NO_HITS, same: false, reason: null });
    } finally {
      busy.current = false;
    }
  };
  const askOverride = async (): Promise<void> => {
    const text = now().text.trim();
    const report = await guard.reportOf(text);
    const hits = report?.hits.filter(({ action }) => action !== 'warn') ?? NO_HITS;
    if (hits.length > 0) setAsking({ ...ALONE, text, hits, override: true });
  };

  const withFiles = useStaged(() => hasChosen(key));
  const blocked = refused?.why === 'blocked' && refused.text.trim() === draft.text.trim();
  // What only an order's card tells is looked up when it is missing.
  const wantsOrder = asksForOrder(draft.text);
  const [fromOrders, setFromOrders] = useState<VariableValues>({});
  useEffect(() => {
    if (wantsOrder) void orderValues(key).then(setFromOrders);
  }, [wantsOrder, key]);
  const choices = unfilled[0] ? ({ ...values(), ...fromOrders }[unfilled[0].name] ?? []) : [];
  const listId = `composer-pick-${key}`;
  return (
    <div className="composer">
      {draft.correctionOf && (
        <div className="composer-correcting">
          <Icon name="link" size={12} />
          <span className="ellipsis foreign">{t('composer.correcting', { text: draft.correctionOf.text })}</span>
          <IconButton
            icon="close"
            iconSize={12}
            label={t('composer.correctingStop')}
            onClick={() => change({ ...draft, correctionOf: null })}
          />
        </div>
      )}
      <AttachmentTray key={key} conversation={key} name={name} />
      {picking && (
        <PickList
          id={listId}
          label={t(asked.kind === 'reply' ? 'compose.pick.replies' : 'compose.pick.members')}
          hint={t('compose.pick.hint')}
          items={found}
          current={current}
          onCurrent={setCurrent}
          onChoose={choose}
        />
      )}
      <div className="composer-text">
        <FieldMarks ref={marks} text={draft.text} hits={guard.hits} unfilled={unfilled} />
        <textarea
          ref={field}
          id="composer"
          className="composer-field"
          rows={2}
          value={draft.text}
          aria-label={t('composer.label')}
          aria-invalid={over || blocked || undefined}
          aria-autocomplete="list"
          aria-controls={picking ? listId : undefined}
          aria-activedescendant={picking ? `${listId}-${current}` : undefined}
          placeholder={t('composer.placeholder', {
            name: name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name,
          })}
          onChange={(event) => {
            change({ ...now(), text: event.target.value });
            lookUp();
          }}
          onSelect={lookUp}
          onScroll={(event) => {
            if (marks.current) marks.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onPaste={(event) => origins.pasted(key, event.clipboardData.getData('text/plain'))}
          onDrop={(event) => origins.pasted(key, event.dataTransfer.getData('text/plain'))}
          onBlur={() => {
            saver.flush(key);
            setAsked(null);
          }}
          onCompositionStart={() => (composing.current = true)}
          onCompositionEnd={(event) => {
            composing.current = false;
            composedAt.current = event.timeStamp;
          }}
          onKeyDown={(event) => {
            const facts = {
              key: event.key,
              keyCode: event.keyCode,
              isComposing: event.nativeEvent.isComposing,
              shiftKey: event.shiftKey,
              ctrlKey: event.ctrlKey,
              metaKey: event.metaKey,
              altKey: event.altKey,
              timeStamp: event.timeStamp,
            };
            const method = enterBelongsToInputMethod(facts, composing.current, composedAt.current);
            if (!method && pickKey(event)) return;
            if (!method && leaves(event)) return;
            const action = enterAction(facts, composing.current, composedAt.current, enterSends);
            if (action === 'send' || action === 'ignore') event.preventDefault();
            if (action === 'send' && !event.repeat) void send();
          }}
        />
      </div>
      <Notes
        text={draft.text}
        hits={guard.hits}
        unfilled={unfilled}
        choices={choices.slice(0, 4)}
        blocked={blocked}
        mayOverride={mayOverride}
        onGo={select}
        onFill={(value) => unfilled[0] && insert(value, unfilled[0].start, unfilled[0].end)}
        onOverride={() => void askOverride()}
      />
      <div className="composer-foot">
        <span className="composer-tools">
          <AttachButton conversation={key} />
          <IconButton
            icon="smile"
            label={t('compose.tools.emoji')}
            placement="top"
            aria-expanded={emoji}
            onClick={() => setEmoji((open) => !open)}
          />
          <IconButton icon="bolt" label={t('compose.tools.replies')} placement="top" onClick={openReplies} />
          <IconButton
            icon="book"
            label={t('compose.tools.knowledge')}
            placement="top"
            onClick={() => askForPanel('knowledge')}
          />
          {inGroup && <IconButton icon="at" label={t('compose.tools.mention')} placement="top" onClick={openMembers} />}
        </span>
        {emoji && (
          <EmojiPicker
            onChoose={(one) => {
              setEmoji(false);
              insert(one);
            }}
            onClose={() => {
              setEmoji(false);
              field.current?.focus();
            }}
          />
        )}
        {account && account.state !== 'live' ? (
          <span className="composer-offline">
            <Icon name="offline" size={12} /> {t('composer.offline')}
          </span>
        ) : (
          <span className="composer-keys" aria-hidden="true">
            <Kbd>{enterSends ? 'Enter' : 'Ctrl Enter'}</Kbd> {t('shortcuts.send')}
            <Kbd>{enterSends ? 'Shift Enter' : 'Enter'}</Kbd> {t('shortcuts.newline')}
          </span>
        )}
        {max !== null && length > 0 && (
          <span className={`composer-count num ${over ? 'is-over' : ''}`} role={over ? 'alert' : undefined}>
            {over
              ? refused?.why === 'long'
                ? t('compose.guard.tooLong', { count: length - max })
                : t('composer.tooLong', { count: length - max, max })
              : t('composer.count', { count: length, max })}
          </span>
        )}
        <Button
          look="primary"
          icon="send"
          // Pressed once too often, such as by a double click, it must still give the focus back to the field.
          aria-disabled={(draft.text.trim() === '' && !withFiles) || over || undefined}
          onClick={() => {
            field.current?.focus();
            void send();
          }}
        >
          {t('composer.send')}
        </Button>
      </div>
      {asking && (
        <SendDialog
          asking={asking}
          name={name}
          onSend={(reason) => {
            setAsking(null);
            if (asking.text === '') void sendFiles();
            else void dispatch(asking.text, { hits: asking.hits, same: asking.same, reason });
          }}
          onBack={() => setAsking(null)}
        />
      )}
    </div>
  );
});
