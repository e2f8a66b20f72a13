import type { ReactNode } from 'react';

export type Tone = 'neutral' | 'accent' | 'waiting' | 'failed' | 'done' | 'offline';

/** A short word on a quiet surface. */
export function Tag(props: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`ui-tag is-${props.tone ?? 'neutral'}`} title={props.title}>
      {props.children}
    </span>
  );
}

/** Connection and attention dots. Never colour alone: shape differs, and `label` is read out. */
export function Dot(props: { tone: Tone; label: string; hollow?: boolean; pulsing?: boolean }) {
  return (
    <span
      role="img"
      aria-label={props.label}
      title={props.label}
      className={`ui-dot is-${props.tone} ${props.hollow ? 'is-hollow' : ''} ${props.pulsing ? 'is-pulsing' : ''}`}
    />
  );
}

export function CountBadge(props: { count: number; tone?: 'accent' | 'waiting'; label: string }) {
  if (props.count <= 0) return null;
  return (
    <span className={`ui-count num is-${props.tone ?? 'accent'}`} aria-label={props.label}>
      {props.count > 99 ? '99+' : props.count}
    </span>
  );
}

export function Kbd(props: { children: ReactNode }) {
  return <kbd className="ui-kbd">{props.children}</kbd>;
}

/** A thin ring whose filled part is what remains, `share` in [0, 1]. */
export function ProgressRing(props: { share: number; size?: number; label: string }) {
  const size = props.size ?? 14;
  const radius = size / 2 - 1;
  const round = 2 * Math.PI * radius;
  return (
    <svg
      className="ui-ring"
      width={size}
      height={size}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={props.label}
    >
      <circle cx={size / 2} cy={size / 2} r={radius} className="ui-ring-track" />
      <circle
        cx={size / 2}
        cy={size / 2}
        r={radius}
        className="ui-ring-value"
        strokeDasharray={`${round * Math.max(0, Math.min(1, props.share))} ${round}`}
        transform={`rotate(-90 ${size / 2} ${size / 2})`}
      />
    </svg>
  );
}

/** `share` null: working, end unknown. */
export function ProgressBar(props: { share: number | null; label: string }) {
  return (
    <span
      className={`ui-bar ${props.share === null ? 'is-unknown' : ''}`}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={props.share === null ? undefined : Math.round(props.share * 100)}
    >
      <span style={props.share === null ? undefined : { width: `${Math.max(0, Math.min(1, props.share)) * 100}%` }} />
    </span>
  );
}

const AVATAR_HUES = [222, 262, 292, 338, 18, 42, 152, 188] as const;

/** The first letter of a name on a hue that stays with the name. */
export function Avatar(props: { name: string; size?: number; square?: boolean }) {
  const size = props.size ?? 32;
  let hash = 0;
  for (let index = 0; index < props.name.length; index++)
    hash = (Math.imul(hash, 31) + props.name.charCodeAt(index)) >>> 0;
  const hue = AVATAR_HUES[hash % AVATAR_HUES.length] ?? 222;
  const first = [...props.name.trim()][0] ?? '·';
  return (
    <span
      aria-hidden="true"
      className={`ui-avatar ${props.square ? 'is-square' : ''}`}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.42), ['--hue' as string]: hue }}
    >
      {first.toUpperCase()}
    </span>
  );
}
