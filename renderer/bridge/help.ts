import { create } from 'zustand';

/** What the help should show; `turn` makes the same wish twice two requests. */
export interface HelpWish {
  readonly topic: string | null;
  readonly section: string | null;
  /** An error's code, looked up among all of them. */
  readonly code: string | null;
  readonly turn: number;
}

/** The help stands beside whatever screen is shown; any feature may ask for a topic. Null: closed. */
export const useHelp = create<{ readonly wish: HelpWish | null }>()(() => ({ wish: null }));

let turn = 0;
const show = (topic: string | null, section: string | null, code: string | null): void =>
  useHelp.setState({ wish: { topic, section, code, turn: ++turn } });

export const help = {
  open: (topic: string | null = null, section: string | null = null): void => show(topic, section, null),
  code: (code: string): void => show('errors', null, code),
  close: (): void => useHelp.setState({ wish: null }),
};
