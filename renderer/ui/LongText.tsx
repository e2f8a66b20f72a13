import { useState, type ReactNode } from 'react';

/** So much of a text is drawn at once; the rest on request (SE2: a megabyte of one word would be a hundred screens). */
const SHOWN = 4_000;

/**
 * A text that somebody else wrote, however long. `until`: whole where something behind it is to be seen, such as a match.
 * `more` says how many characters there are.
 */
export function LongText(props: {
  text: string;
  until?: number;
  more: (count: number) => string;
  children: (shown: string) => ReactNode;
}) {
  const { text, until = 0 } = props;
  const [whole, setWhole] = useState(false);
  if (whole || text.length <= SHOWN || until > SHOWN) return <>{props.children(text)}</>;
  // Not between the halves of a pair of surrogates.
  const end = (text.codePointAt(SHOWN - 1) ?? 0) > 0xffff ? SHOWN + 1 : SHOWN;
  return (
    <>
      {props.children(text.slice(0, end))}
      <button type="button" className="ui-long-more" onClick={() => setWhole(true)}>
        {props.more(text.length)}
      </button>
    </>
  );
}
