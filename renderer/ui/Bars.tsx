import { Fragment, type ReactNode } from 'react';
import type { Tone } from './marks.tsx';

export interface BarPart {
  readonly id: string;
  readonly label: string;
  readonly tone: Tone;
  readonly value: number;
}
export interface BarRow {
  readonly id: string;
  readonly label: ReactNode;
  readonly parts: readonly BarPart[];
  /** Beside the bar: what the bar shows, as a number. */
  readonly value: ReactNode;
}

/** Horizontal bars whose parts add up; all rows on one scale. A table to screen readers. */
export function Bars(props: { label: string; rows: readonly BarRow[]; legend?: readonly BarPart[] }) {
  const sum = (row: BarRow): number => row.parts.reduce((total, part) => total + part.value, 0);
  // A single one is no full bar.
  const most = Math.max(5, ...props.rows.map(sum));
  return (
    <>
      {props.legend && (
        <ul className="ui-bars-legend">
          {props.legend.map((part) => (
            <li key={part.id}>
              <span className={`ui-bars-part is-${part.tone}`} aria-hidden="true" />
              {part.label}
            </li>
          ))}
        </ul>
      )}
      <div className="ui-bars" role="group" aria-label={props.label}>
        {props.rows.map((row) => (
          <Fragment key={row.id}>
            <span className="ellipsis foreign">{row.label}</span>
            <span
              className="ui-bars-track"
              role="img"
              aria-label={row.parts
                .filter((part) => part.value > 0)
                .map((part) => `${part.label} ${part.value}`)
                .join(', ')}
              title={row.parts
                .filter((part) => part.value > 0)
                .map((part) => `${part.label} ${part.value}`)
                .join(' · ')}
            >
              {row.parts.map((part) => (
                <span
                  key={part.id}
                  className={`ui-bars-part is-${part.tone}`}
                  style={{ width: `${(part.value / most) * 100}%` }}
                />
              ))}
            </span>
            <span className="num">{row.value}</span>
          </Fragment>
        ))}
      </div>
    </>
  );
}
