import type { ReactNode } from 'react';
import { Button } from './Button.tsx';
import { ErrorCode } from './ErrorCode.tsx';
import { Icon, type IconName } from './Icon.tsx';

/** The states every list and panel has (UX4). Each says what is the case and offers the next step. */

export function StateMessage(props: {
  icon: IconName;
  title: ReactNode;
  note?: ReactNode;
  tone?: 'quiet' | 'failed';
  children?: ReactNode;
  compact?: boolean;
}) {
  return (
    <div className={`ui-state ${props.tone === 'failed' ? 'is-failed' : ''} ${props.compact ? 'is-compact' : ''}`}>
      <Icon name={props.icon} size={props.compact ? 18 : 26} />
      <p className="ui-state-title">{props.title}</p>
      {props.note && <p className="ui-state-note">{props.note}</p>}
      {props.children && <div className="ui-state-actions">{props.children}</div>}
    </div>
  );
}

/** Rows without content yet. `label` is what a screen reader hears. */
export function LoadingState(props: { label: string; rows?: number; avatar?: boolean }) {
  return (
    <div className="ui-loading" role="status" aria-label={props.label}>
      {Array.from({ length: props.rows ?? 6 }, (_, index) => (
        <div key={index} className="ui-loading-row" style={{ opacity: 1 - index * 0.13 }}>
          {props.avatar && <span className="ui-loading-avatar" />}
          <span className="ui-loading-lines">
            <span style={{ width: `${52 - ((index * 13) % 24)}%` }} />
            <span style={{ width: `${84 - ((index * 17) % 36)}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

/** What happened, what it means, what to do, and the code that can be looked up (UX6). */
export function ErrorState(props: {
  words: { title: string; meaning?: string; next?: string };
  code: string;
  retry: string;
  onRetry?: () => void;
  compact?: boolean;
}) {
  return (
    <div role="alert" className="ui-state-host">
      <StateMessage
        icon="warning"
        tone="failed"
        compact={props.compact ?? false}
        title={props.words.title}
        note={
          <>
            {props.words.meaning} {props.words.next} <ErrorCode code={props.code} />
          </>
        }
      >
        {props.onRetry && (
          <Button icon="refresh" onClick={props.onRetry}>
            {props.retry}
          </Button>
        )}
      </StateMessage>
    </div>
  );
}

/** A thin line over content that is still shown although its source can't be reached. */
export function OfflineStrip(props: { children: ReactNode; action?: { label: string; onClick: () => void } }) {
  return (
    <div className="ui-strip is-offline" role="status">
      <Icon name="offline" size={14} />
      <span className="ellipsis">{props.children}</span>
      {props.action && (
        <Button size="small" look="quiet" onClick={props.action.onClick}>
          {props.action.label}
        </Button>
      )}
    </div>
  );
}
