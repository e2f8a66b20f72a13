import { create } from 'zustand';
import type { MessageKey } from '#shared/domain/ids.ts';

/** The picture that is looked at, if any. */
export interface ShownPicture {
  readonly ref: string;
  readonly name: string;
  readonly messageKey: MessageKey;
}

interface ViewerState {
  readonly picture: ShownPicture | null;
  show(picture: ShownPicture): void;
  close(): void;
}

export const useViewer = create<ViewerState>()((set) => ({
  picture: null,
  show: (picture) => set({ picture }),
  close: () => set({ picture: null }),
}));
