import { create } from 'zustand';
import type { ConversationKey } from '#shared/domain/ids.ts';

/** Pause after the last key before a draft is stored; with the round trip it stays below 1 s (PV6), milliseconds. */
export const DRAFT_PAUSE_MS = 400;

/**
 * Stores drafts, each under its own conversation, which is fixed when the text is entered: switching away can't
 * carry a text into another conversation (PV6).
 */
export function createDraftSaver(save: (key: ConversationKey, text: string) => void, pauseMs: number = DRAFT_PAUSE_MS) {
  const waiting = new Map<ConversationKey, { text: string; timer: ReturnType<typeof setTimeout> }>();
  const flush = (key: ConversationKey): void => {
    const entry = waiting.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    waiting.delete(key);
    save(key, entry.text);
  };
  return {
    note(key: ConversationKey, text: string): void {
      const entry = waiting.get(key);
      if (entry) clearTimeout(entry.timer);
      waiting.set(key, { text, timer: setTimeout(() => flush(key), pauseMs) });
    },
    flush,
    /** There is text that isn't stored yet. */
    waits: (key: ConversationKey): boolean => waiting.has(key),
    flushAll(): void {
      for (const key of [...waiting.keys()]) flush(key);
    },
  };
}

/** Puts returned text (cancelled, discarded, recalled) into a composer without destroying what stands there (RC14). */
export function joinDraft(present: string, returned: string): string {
  if (present.trim() === '') return returned;
  if (returned.trim() === '' || present === returned) return present;
  return `${returned}\n${present}`;
}

export interface ComposerDraft {
  readonly text: string;
  /** The message that this text corrects. */
  readonly correctionOf: { readonly msgId: string; readonly text: string } | null;
}

/**
 * Whether what was typed in this window gives way to what is stored, because another window of the same profile went on with
 * it, or sent it. Never under somebody's hands: answers of the store are older than the last keys.
 */
export function givesWay(
  mine: ComposerDraft | undefined,
  stored: string,
  now: { readonly unsaved: boolean; readonly inUse: boolean },
): boolean {
  return mine !== undefined && mine.correctionOf === null && !now.unsaved && !now.inUse && mine.text !== stored;
}

interface ComposerState {
  /** What was typed in this window, by conversation. Absent: as stored. */
  readonly drafts: Readonly<Partial<Record<number, ComposerDraft>>>;
  set(key: ConversationKey, draft: ComposerDraft): void;
  /** From now on as stored. */
  forget(key: ConversationKey): void;
}

export const useComposers = create<ComposerState>()((set) => ({
  drafts: {},
  set: (key, draft) => set((state) => ({ drafts: { ...state.drafts, [key]: draft } })),
  forget: (key) =>
    set((state) => {
      const { [key]: _, ...drafts } = state.drafts;
      return { drafts };
    }),
}));
