import type { ConversationKey } from '#shared/domain/ids.ts';

/**
 * PV5: where a text comes from. Everything here is of this window and this sitting; nothing is stored.
 * Copies are remembered with the conversation they were made in, the switch with its moment.
 */

/** Sent within this many milliseconds of switching: asked about. */
export const SWITCH_MS = 1_000;
/** Shorter pieces (好的, 在) are everywhere and say nothing. */
const TELLING_LENGTH = 4;
const REMEMBERED_COPIES = 30;

export interface Place {
  readonly key: ConversationKey;
  readonly name: string;
}

export type OriginDoubt =
  | { readonly why: 'pasted' | 'begun'; readonly from: string }
  | { readonly why: 'switched'; readonly from: string | null };

/** White space and width of line breaks change on the way through a clipboard. */
const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

export function createOrigins() {
  let copies: { readonly text: string; readonly place: Place }[] = [];
  let open: { readonly place: Place; readonly at: number; readonly from: Place | null } | null = null;
  const pasted = new Map<ConversationKey, { readonly text: string; readonly from: Place }[]>();

  return {
    /** `at`: any clock that only goes forward, milliseconds. The same conversation again changes nothing. */
    opened(place: Place, at: number): void {
      if (open?.place.key === place.key) return;
      open = { place, at, from: open?.place ?? null };
    },
    /** Nothing is open any more: what is opened next was not switched to. */
    left(key: ConversationKey): void {
      if (open?.place.key === key) open = null;
    },
    copied(place: Place, text: string): void {
      const squeezed = squeeze(text);
      if (squeezed.length < 2) return;
      // The last place a text was copied from is what it is.
      copies = [{ text: squeezed, place }, ...copies.filter((copy) => copy.text !== squeezed)].slice(
        0,
        REMEMBERED_COPIES,
      );
    },
    pasted(key: ConversationKey, text: string): void {
      const squeezed = squeeze(text);
      const copy = copies.find(
        (one) =>
          one.text === squeezed ||
          (squeezed.length >= TELLING_LENGTH && one.text.includes(squeezed)) ||
          (one.text.length >= TELLING_LENGTH && squeezed.includes(one.text)),
      );
      if (copy === undefined || copy.place.key === key) return;
      pasted.set(key, [...(pasted.get(key) ?? []), { text: squeezed, from: copy.place }]);
    },
    /** The composer is empty: what was pasted is gone. */
    emptied(key: ConversationKey): void {
      pasted.delete(key);
    },
    /** What makes this text doubtful here, each reason once. `drafts`: what stands unsent elsewhere. */
    doubts(
      place: Place,
      text: string,
      at: number,
      drafts: readonly { readonly place: Place; readonly text: string }[],
    ): OriginDoubt[] {
      const found: OriginDoubt[] = [];
      const squeezed = squeeze(text);
      const paste = pasted.get(place.key)?.find((one) => squeezed.includes(one.text) || overlaps(squeezed, one.text));
      if (paste !== undefined) found.push({ why: 'pasted', from: paste.from.name });
      const draft = drafts.find((one) => {
        const other = squeeze(one.text);
        return one.place.key !== place.key && other.length >= TELLING_LENGTH && squeezed.startsWith(other);
      });
      if (draft !== undefined) found.push({ why: 'begun', from: draft.place.name });
      if (open !== null && open.place.key === place.key && open.from !== null && at - open.at < SWITCH_MS)
        found.push({ why: 'switched', from: open.from.name });
      return found;
    },
  };
}

/** A pasted text that was changed since still is one while half of it stands: its first or last half. */
function overlaps(text: string, pasted: string): boolean {
  if (pasted.length < 2 * TELLING_LENGTH) return false;
  const half = Math.ceil(pasted.length / 2);
  return text.includes(pasted.slice(0, half)) || text.includes(pasted.slice(-half));
}

export const origins = createOrigins();
