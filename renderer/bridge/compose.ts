import { useEffect } from 'react';
import { create } from 'zustand';
import type { ConversationKey } from '#shared/domain/ids.ts';

/**
 * Where panels put a text: the composer that is open now. Features don't see one another's insides (layer table), so they
 * meet here.
 */
export interface OpenComposer {
  readonly conversation: ConversationKey;
  /** Puts a text in at the caret, variables filled; one undo takes it out. */
  insert(text: string): void;
  focus(): void;
}

export const useOpenComposer = create<{ readonly composer: OpenComposer | null }>()(() => ({ composer: null }));

/** Where somebody wants to write, until its composer is there. */
let wanted: ConversationKey | null = null;

/** Opening a conversation to write in it: its composer takes the focus, also when it comes only later (once it is claimed). */
export function wantComposer(conversation: ConversationKey | null): void {
  const { composer } = useOpenComposer.getState();
  wanted = null;
  if (conversation === null) return;
  if (composer?.conversation === conversation) composer.focus();
  else wanted = conversation;
}

/** Returns the way to take it back. */
export function offerComposer(composer: OpenComposer): () => void {
  useOpenComposer.setState({ composer });
  if (wanted === composer.conversation) {
    wanted = null;
    composer.focus();
  }
  return () => {
    if (useOpenComposer.getState().composer === composer) useOpenComposer.setState({ composer: null });
  };
}

/** False where no composer is open. */
export function insertIntoComposer(text: string): boolean {
  const { composer } = useOpenComposer.getState();
  composer?.insert(text);
  return composer !== null;
}

type PanelPage = 'replies' | 'knowledge';

/** A page of the side panel that something else asks for; `turn` makes the same one twice two requests. */
export const usePanelRequest = create<{ readonly page: PanelPage; readonly turn: number }>()(() => ({
  page: 'replies',
  turn: 0,
}));

export function askForPanel(page: PanelPage): void {
  wanted = null;
  usePanelRequest.setState(({ turn }) => ({ page, turn: turn + 1 }));
}

/** The request whose page was entered: once, not whenever the page is drawn anew. */
let entered = 0;

/** A page that was asked for takes the focus where it is to be typed into, as soon as that is there. */
export function useEnterPage(page: PanelPage, there: boolean, field: string): void {
  const request = usePanelRequest();
  useEffect(() => {
    if (!there || request.page !== page || request.turn === entered) return;
    entered = request.turn;
    document.getElementById(field)?.focus();
  }, [request, page, there, field]);
}
