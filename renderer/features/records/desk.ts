import { createContext, useContext } from 'react';
import type { ConversationKey } from '#shared/domain/ids.ts';

type OpenInDesk = (key: ConversationKey) => void;
const Desk = createContext<OpenInDesk | null>(null);

/** How a transcript leads to its conversation at the desk; null where nothing leads there. */
export const DeskProvider = Desk.Provider;
export const useDesk = (): OpenInDesk | null => useContext(Desk);
