import type { GapView, MessageView, OutgoingView } from '#shared/contract/views.ts';
import { steady } from '#renderer/bridge/steady.ts';
import { dayKey } from '#renderer/ui/format.ts';

/** Messages of one sender within this many milliseconds stand together. */
export const GROUP_SPAN_MS = 180_000;

export type ChatItem =
  | { readonly type: 'day'; readonly id: string; readonly at: number }
  /** The numbers before this one are not here, and nobody is fetching them. */
  | { readonly type: 'older'; readonly id: string; readonly beforeSeq: number }
  | { readonly type: 'gap'; readonly id: string; readonly count: number }
  /** Earlier sessions, folded (IN4): how many of the loaded messages, and until when. */
  | { readonly type: 'history'; readonly id: string; readonly count: number; readonly until: number }
  | {
      readonly type: 'message';
      readonly id: string;
      readonly message: MessageView;
      readonly first: boolean;
      readonly last: boolean;
    }
  | { readonly type: 'outgoing'; readonly id: string; readonly outgoing: OutgoingView };

/**
 * The lines of a chat, oldest first: a separator where the local day changes, a marker where sequence numbers are missing
 * (SY6), messages grouped by sender, and at the end what has not been confirmed yet. An outgoing message that has
 * meanwhile arrived as a record is shown once.
 */
export function chatItems(
  messages: readonly MessageView[],
  outgoing: readonly OutgoingView[],
  gaps: readonly GapView[],
): ChatItem[] {
  const items: ChatItem[] = [];
  const open = gaps.toSorted((a, b) => a.from_seq - b.from_seq);
  const arrived = new Set<string>();
  let day = '';
  let first = true;
  messages.forEach((message, index) => {
    const next = messages[index + 1];
    const last = !together(message, next);
    if (message.client_msg_id !== null) arrived.add(message.client_msg_id);
    for (let gap = open[0]; gap && gap.from_seq < message.conv_seq; gap = open[0]) {
      open.shift();
      items.push(gapItem(gap));
    }
    const key = dayOf(message.sent_at);
    if (key !== day) {
      day = key;
      items.push({ type: 'day', id: `day-${key}-${message.key}`, at: message.sent_at });
    }
    items.push({
      type: 'message',
      id: `message-${message.key}`,
      message,
      first,
      last,
    });
    first = last;
  });
  for (const gap of open) items.push(gapItem(gap));
  for (const one of outgoing) {
    if (arrived.has(one.client_msg_id)) continue;
    items.push({ type: 'outgoing', id: `outgoing-${one.client_msg_id}`, outgoing: one });
  }
  return items;
}

/** With the way to ask for what is missing above the first line; what is being filled anyway says so by itself. */
export function withOlder(items: readonly ChatItem[], messages: readonly MessageView[]): readonly ChatItem[] {
  const beforeSeq = messages[0]?.conv_seq ?? 0;
  if (beforeSeq <= 1 || items[0]?.type === 'gap') return items;
  return [{ type: 'older', id: 'older', beforeSeq }, ...items];
}

/** Folds every message before `until` (server time) into one line at the top. Null, or nothing before it: as they were. */
export function withHistory(items: readonly ChatItem[], until: number | null): ChatItem[] {
  if (until === null) return [...items];
  const from = items.findIndex(
    (item) => item.type === 'outgoing' || (item.type === 'message' && item.message.sent_at >= until),
  );
  const end = from < 0 ? items.length : from;
  const count = items.slice(0, end).filter(({ type }) => type === 'message').length;
  if (count === 0) return [...items];
  // The day of the first line that stays, which may have been said above the fold.
  const first = items[end];
  const stays = items.slice(end);
  const day =
    first?.type === 'message'
      ? [{ type: 'day' as const, id: `day-folded-${first.message.key}`, at: first.message.sent_at }]
      : [];
  const before = items[end - 1];
  const shown = before?.type === 'day' ? [before, ...stays] : [...day, ...stays];
  return [{ type: 'history', id: 'history', count, until }, ...shown];
}

function gapItem(gap: GapView): ChatItem {
  return { type: 'gap', id: `gap-${gap.from_seq}`, count: gap.to_seq - gap.from_seq + 1 };
}

let known = { from: 0, to: 0, key: '' };

/** `dayKey`, made once for all that lies in the same day: neighbours nearly always do. */
function dayOf(ms: number): string {
  if (ms < known.from || ms >= known.to) {
    const date = new Date(ms);
    const midnight = (ahead: number): number =>
      new Date(date.getFullYear(), date.getMonth(), date.getDate() + ahead).getTime();
    known = { from: midnight(0), to: midnight(1), key: dayKey(ms) };
  }
  return known.key;
}

function together(before: MessageView | undefined, after: MessageView | undefined): boolean {
  if (!before || !after) return false;
  if (before.recalled || after.recalled || before.kind === 'system' || after.kind === 'system') return false;
  return (
    before.sender.role === after.sender.role &&
    before.sender.id === after.sender.id &&
    after.sent_at - before.sent_at < GROUP_SPAN_MS &&
    after.conv_seq === before.conv_seq + 1 &&
    dayOf(before.sent_at) === dayOf(after.sent_at)
  );
}

/** Joins a fresh newest page to older ones already shown: the page replaces everything it covers. */
export function mergeNewest(shown: readonly MessageView[], page: readonly MessageView[]): readonly MessageView[] {
  const oldest = page[0];
  if (!oldest) return page;
  const joined = [...shown.filter((message) => precedes(message, oldest)), ...unchanged(shown, page)];
  return joined.length === shown.length && joined.every((message, index) => message === shown[index]) ? shown : joined;
}

/** What says the same as before stays the same object, so that its row is not drawn again. */
function unchanged(shown: readonly MessageView[], page: readonly MessageView[]): readonly MessageView[] {
  const before = new Map(shown.map((message) => [message.key, message]));
  return page.map((message) => {
    const known = before.get(message.key);
    return known === undefined ? message : steady(known, message);
  });
}

/** The gateway's number decides where both have one: keys follow time, which may be the same for both. */
function precedes(a: MessageView, b: MessageView): boolean {
  return a.conv_seq > 0 && b.conv_seq > 0 ? a.conv_seq < b.conv_seq : a.key < b.key;
}

/** Whether a fresh newest page reaches back to what is shown, so that joining the two leaves no hole. */
export function overlaps(shown: readonly MessageView[], page: readonly MessageView[]): boolean {
  const last = shown.at(-1);
  return last === undefined || page.some((message) => message.key === last.key);
}

/** Gaps of a fresh newest page, and those shown above it. */
export function mergeGaps(
  shown: readonly GapView[],
  page: { readonly messages: readonly MessageView[]; readonly gaps: readonly GapView[] },
): readonly GapView[] {
  const first = page.messages[0];
  if (first === undefined) return page.gaps;
  const known = new Set(page.gaps.map((gap) => gap.from_seq));
  return [...shown.filter((gap) => gap.to_seq < first.conv_seq - 1 && !known.has(gap.from_seq)), ...page.gaps];
}
