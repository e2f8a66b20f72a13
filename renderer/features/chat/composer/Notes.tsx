import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import type { Unfilled } from '#shared/domain/composer/variables.ts';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';
import { hitWords } from '../guard/words.ts';
import { useWords } from '../use-words.ts';

const SHOWN = 3;
const SHOWN_TEXT = 16;

/** Under the field: what is marked and what comes of it. Nothing here takes the focus or stops the typing. */
export function Notes(props: {
  text: string;
  hits: readonly GuardHit[];
  unfilled: readonly Unfilled[];
  /** Values to choose from for the first unfilled variable. */
  choices: readonly string[];
  /** The person tried to send and the policy says no. */
  blocked: boolean;
  mayOverride: boolean;
  onGo: (start: number, end: number) => void;
  onFill: (value: string) => void;
  onOverride: () => void;
}) {
  const { t, locale } = useWords();
  const { text, hits, unfilled } = props;
  const first = unfilled[0];
  if (hits.length === 0 && first === undefined) return null;
  const strongest = joined(hits).sort((a, b) => rank(b) - rank(a) || a.start - b.start);
  return (
    <div className="composer-notes" role="group" aria-label={t('compose.guard.label')}>
      {first && (
        <span className="composer-note is-unfilled" role="status">
          <Icon name="pencil" size={12} />
          {t('compose.guard.unfilled', {
            count: unfilled.length,
            names: new Intl.ListFormat(locale).format([...new Set(unfilled.map(({ name }) => name))]),
          })}
          {props.choices.map((choice) => (
            <Button
              key={choice}
              size="small"
              aria-label={`${t('compose.guard.choose', { name: first.name })} ${choice}`}
              onClick={() => props.onFill(choice)}
            >
              <span className="num foreign">{choice}</span>
            </Button>
          ))}
          <Button size="small" look="link" onClick={() => props.onGo(first.start, first.end)}>
            {t('compose.guard.nextUnfilled')}
          </Button>
        </span>
      )}
      {strongest.slice(0, SHOWN).map((hit) => {
        const piece = [...text.slice(hit.start, hit.end)];
        const shown = piece.length > SHOWN_TEXT ? `${piece.slice(0, SHOWN_TEXT).join('')}…` : piece.join('');
        return (
          <button
            key={`${hit.start}-${hit.end}-${hit.kind}-${hit.category}`}
            type="button"
            className={`composer-note is-${hit.action}`}
            onClick={() => props.onGo(hit.start, hit.end)}
          >
            <Icon name={hit.action === 'warn' ? 'info' : 'warning'} size={12} />
            <span className="ellipsis">{t('compose.guard.hit', { name: hitWords(hit, t), text: shown })}</span>
            <em>{t(`compose.guard.action.${hit.action}`)}</em>
          </button>
        );
      })}
      {strongest.length > SHOWN && (
        <span className="composer-note-more num">{t('compose.guard.more', { count: strongest.length - SHOWN })}</span>
      )}
      {props.blocked && (
        <span className="composer-note-blocked" role="alert">
          {t('compose.guard.blocked')}
          {props.mayOverride && (
            <Button size="small" look="link" onClick={props.onOverride}>
              {t('compose.guard.override')}
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

/** Hits of one kind that overlap (售价 59, 59 元) are one note. `hits` by place. */
function joined(hits: readonly GuardHit[]): GuardHit[] {
  const notes: GuardHit[] = [];
  for (const hit of hits) {
    const index = notes.findLastIndex((note) => note.kind === hit.kind && note.action === hit.action);
    const before = notes[index];
    const same = hit.kind !== 'word' || before?.category === hit.category;
    // The same place found twice (a promise that is also on the list) is said once.
    const covered = notes.some(
      (note) => note.action === hit.action && note.start <= hit.start && note.end >= hit.end && note.kind !== hit.kind,
    );
    if (covered) continue;
    if (before && same && hit.start < before.end) notes[index] = { ...before, end: Math.max(before.end, hit.end) };
    else notes.push(hit);
  }
  return notes;
}

const rank = (hit: GuardHit): number => (hit.action === 'block' ? 2 : hit.action === 'confirm' ? 1 : 0);
