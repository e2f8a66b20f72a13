import { pieces } from './highlight.ts';

/** A text with its matches marked, exactly those (SR4). */
export function Marked(props: { text: string; matches: readonly (readonly [number, number])[]; current?: boolean }) {
  if (props.matches.length === 0) return <>{props.text}</>;
  return (
    <>
      {pieces(props.text, props.matches).map((piece, index) =>
        piece.marked ? (
          <mark key={index} className={props.current ? 'is-current' : undefined}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}
