import { createContext, useContext, type ReactNode } from 'react';

export interface CodeHelp {
  /** What a code's button is called, to a screen reader and under the pointer. */
  readonly label: (code: string) => string;
  readonly open: (code: string) => void;
}

const Help = createContext<CodeHelp | null>(null);

/** Where a code leads; without it, as in a review package's page, a code is only a word. */
export function CodeHelpProvider(props: { help: CodeHelp; children: ReactNode }) {
  return <Help value={props.help}>{props.children}</Help>;
}

/** An error's code. Leads to its cause, effect and next step in the help (UX6). */
export function ErrorCode(props: { code: string | null | undefined }) {
  const help = useContext(Help);
  const { code } = props;
  if (code === undefined || code === null || code === '') return null;
  if (help === null) return <code className="ui-code">{code}</code>;
  return (
    <button
      type="button"
      className="ui-code is-link"
      aria-label={help.label(code)}
      title={help.label(code)}
      onClick={() => help.open(code)}
    >
      {code}
    </button>
  );
}
