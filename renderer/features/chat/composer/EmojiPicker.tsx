import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EMOJI, type EmojiGroup } from './emoji.ts';

const RECENT = 'workbench-emoji';
const MOST_RECENT = 12;
const COLUMNS = 8;

function recent(): string[] {
  try {
    const known = new Set<string>(Object.values(EMOJI).flat());
    const stored: unknown = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
    return Array.isArray(stored) ? stored.filter((one): one is string => known.has(one as string)) : [];
  } catch {
    return [];
  }
}

/** A small grid over the composer: arrows move, Enter takes, Esc closes and gives the focus back. */
export function EmojiPicker(props: { onChoose: (emoji: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const [latest] = useState(recent);
  useEffect(() => box.current?.querySelector('button')?.focus(), []);
  const choose = (emoji: string): void => {
    try {
      localStorage.setItem(
        RECENT,
        JSON.stringify([emoji, ...latest.filter((one) => one !== emoji)].slice(0, MOST_RECENT)),
      );
    } catch {
      // Without storage there are no recent ones.
    }
    props.onChoose(emoji);
  };
  const groups: [EmojiGroup | 'recent', readonly string[]][] = [
    ...(latest.length > 0 ? [['recent', latest] as [EmojiGroup | 'recent', readonly string[]]] : []),
    ...(Object.entries(EMOJI) as [EmojiGroup, readonly string[]][]),
  ];
  return (
    <>
      <div className="composer-scrim" onPointerDown={props.onClose} />
      <div
        ref={box}
        className="composer-emoji"
        role="dialog"
        aria-label={t('compose.tools.emoji')}
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
          if (event.key === 'Escape' || event.key === 'Tab') {
            event.preventDefault();
            event.stopPropagation();
            props.onClose();
          } else if (step !== undefined && box.current) {
            event.preventDefault();
            const all = [...box.current.querySelectorAll('button')];
            const at = all.indexOf(document.activeElement as HTMLButtonElement);
            all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
          }
        }}
      >
        {groups.map(([group, list]) => (
          <section key={group} aria-label={t(`compose.tools.emojiGroups.${group}`)}>
            <p>{t(`compose.tools.emojiGroups.${group}`)}</p>
            <div>
              {list.map((emoji) => (
                <button key={emoji} type="button" tabIndex={-1} onClick={() => choose(emoji)}>
                  {emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </>
  );
}
