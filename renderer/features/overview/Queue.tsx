import { useTranslation } from 'react-i18next';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Avatar } from '#renderer/ui/marks.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import type { WaitingLine } from '#shared/contract/overview.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { Waited } from './cards.tsx';

/** Consumers who wait, longest first; each opens its conversation. */
export function Queue(props: {
  title: string;
  empty: string;
  emptyNote?: string;
  lines: readonly WaitingLine[];
  account: AccountId | null;
  onOpen: (line: WaitingLine) => void;
}) {
  const { t } = useTranslation();
  return (
    <section className="overview-card">
      <header>
        <h2>{props.title}</h2>
      </header>
      {props.lines.length === 0 ? (
        <StateMessage compact icon="check" title={props.empty} note={props.emptyNote} />
      ) : (
        <ul className="overview-queue">
          {props.lines.map((line) => (
            <li key={line.conversation_key}>
              <button
                type="button"
                onClick={() => props.onOpen(line)}
                aria-label={t('overview.queue.open', { name: line.title })}
              >
                <Avatar name={line.title} size={26} />
                <span className="overview-queue-who">
                  <span className="ellipsis foreign">{line.title}</span>
                  <span className="ellipsis foreign overview-soft">{line.shop}</span>
                </span>
                {line.since !== null && (
                  <span className="overview-queue-wait num">
                    <Icon name="clock" size={12} />
                    <Waited since={line.since} account={props.account} />
                  </span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
