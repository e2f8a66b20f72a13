import { create } from 'zustand';
import type { ConversationView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { Intake } from '#shared/protocol/entities.ts';
import { wantComposer } from '#renderer/bridge/compose.ts';

export type Screen =
  | 'overview'
  | 'reception'
  | 'records'
  | 'review'
  | 'incidents'
  | 'knowledge'
  | 'lessons'
  | 'administration'
  | 'connection';

/** Widths of the window at which reception's columns give way, as in app.css. */
export const NO_ROOM_BESIDE = '(max-width: 1023px)';
export const ONE_COLUMN = '(max-width: 779px)';

/** Where the person is in the window. No truth of the records lives here (design.md, data flow). */
interface Place {
  readonly screen: Screen;
  readonly accountId: AccountId | null;
  readonly shopId: ShopId | null;
  readonly intake: Intake;
  readonly conversation: ConversationKey | null;
  /** Where list and chat take turns: the chat is shown. */
  readonly inChat: boolean;
  readonly panelOpen: boolean;
  /** Where the panel has no room beside the chat: it is wanted now, over it. */
  readonly panelOver: boolean;
  readonly dialog: 'settings' | 'account' | 'palette' | null;
  /** A search that another screen asked for; `turn` makes the same one twice two requests. */
  readonly recordsRequest: {
    readonly numbers: readonly string[];
    readonly dialog?: 'numbers' | 'import';
    readonly text?: string;
    readonly consumers?: readonly string[];
    readonly turn: number;
  } | null;
  /** Words to find in the open conversation. */
  readonly findRequest: { readonly text: string; readonly turn: number } | null;
  /** An incident that another screen asked for; `turn` makes the same one twice two requests. */
  readonly incidentRequest: { readonly incidentId: string; readonly turn: number } | null;
  /** A page of connection and sync that something asked for; `turn` makes the same one twice two requests. */
  readonly connectionRequest: { readonly tab: 'backups'; readonly turn: number } | null;
  readonly rows: readonly ConversationView[];
}

export const usePlace = create<Place>()(() => ({
  screen: 'reception',
  accountId: null,
  shopId: null,
  intake: 'active',
  conversation: null,
  inChat: false,
  panelOpen: true,
  panelOver: false,
  dialog: null,
  recordsRequest: null,
  findRequest: null,
  incidentRequest: null,
  connectionRequest: null,
  rows: [],
}));

export const go = {
  to: (screen: Screen): void => {
    usePlace.setState({ screen, dialog: null, connectionRequest: null });
    // Back at the desk the person goes on writing.
    if (screen === 'reception') wantComposer(usePlace.getState().conversation);
  },
  dialog: (dialog: Place['dialog']): void => usePlace.setState({ dialog }),
  /** To write in it, unless it is only passed by. */
  open: (conversation: Pick<ConversationView, 'key' | 'intake'>, toWrite = true): void => {
    usePlace.setState((state) => ({
      screen: 'reception',
      conversation: conversation.key,
      intake: conversation.intake,
      inChat: toWrite || state.inChat,
      panelOver: false,
      findRequest: null,
    }));
    wantComposer(toWrite ? conversation.key : null);
  },
  intake: (intake: Intake): void => usePlace.setState({ intake, inChat: false }),
  account: (accountId: AccountId | null, shopId: ShopId | null): void =>
    usePlace.setState({ accountId, shopId, screen: 'reception', inChat: false }),
  /** Back from the chat to the list, where they take turns. */
  list: (): void => usePlace.setState({ inChat: false, panelOver: false }),
  /** Without a wish it is turned over. */
  panel: (wanted?: boolean): void =>
    usePlace.setState((state) =>
      matchMedia(NO_ROOM_BESIDE).matches
        ? { panelOver: wanted ?? !state.panelOver }
        : { panelOpen: wanted ?? !state.panelOpen },
    ),
  searchNumbers: (numbers: readonly string[], dialog?: 'numbers' | 'import'): void =>
    usePlace.setState((state) => ({
      screen: 'records',
      dialog: null,
      recordsRequest: { numbers, ...(dialog ? { dialog } : {}), turn: (state.recordsRequest?.turn ?? 0) + 1 },
    })),
  incident: (incidentId: string): void =>
    usePlace.setState((state) => ({
      screen: 'incidents',
      dialog: null,
      incidentRequest: { incidentId, turn: (state.incidentRequest?.turn ?? 0) + 1 },
    })),
  /** Backups and the way back to one of them (ST4). */
  backups: (): void =>
    usePlace.setState((state) => ({
      screen: 'connection',
      dialog: null,
      connectionRequest: { tab: 'backups', turn: (state.connectionRequest?.turn ?? 0) + 1 },
    })),
  /** Records that hold these words, or of these consumers, at any time. */
  searchRecords: (what: { readonly text?: string; readonly consumers?: readonly string[] }): void =>
    usePlace.setState((state) => ({
      screen: 'records',
      dialog: null,
      recordsRequest: { numbers: [], ...what, turn: (state.recordsRequest?.turn ?? 0) + 1 },
    })),
  find: (text: string): void =>
    usePlace.setState((state) => ({
      screen: 'reception',
      dialog: null,
      findRequest: { text, turn: (state.findRequest?.turn ?? 0) + 1 },
    })),
  /** The next or previous row of the list that is shown. */
  step: (by: 1 | -1): void => {
    const { rows, conversation } = usePlace.getState();
    const index = rows.findIndex((row) => row.key === conversation);
    const next = rows[index < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, index + by))];
    if (next) go.open(next);
  },
};
