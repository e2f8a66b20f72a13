import './help.css';
import { guides } from 'virtual:guide';
import { useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { APP_ERROR_CODES } from '#shared/contract/errors.ts';
import { help, type HelpWish } from '#renderer/bridge/help.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { Input } from '#renderer/ui/fields.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import { Marked } from '#renderer/ui/Marked.tsx';
import { focusIfFree } from '#renderer/ui/return-focus.ts';
import { StateMessage } from '#renderer/ui/states.tsx';
import { excerpt } from '#renderer/ui/highlight.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { findPlaces, placesOf } from './search.ts';
import type { Block, Guide, Inline } from './topic.ts';

interface Spot {
  readonly topic: string | null;
  readonly section: string | null;
  readonly code: string | null;
}

/** The guide beside the work: it covers no more than it must, and asks nothing to be closed first. */
export default function HelpPanel(props: { wish: HelpWish }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const guide = guides[locale];
  const [text, setText] = useState('');
  const [spot, setSpot] = useState<Spot>(props.wish);
  const sought = useDeferredValue(text);
  const places = useMemo(() => placesOf(guide, locale), [guide, locale]);
  const found = useMemo(() => findPlaces(places, sought), [places, sought]);
  const search = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);

  const { wish } = props;
  useEffect(() => {
    setSpot({ topic: wish.topic, section: wish.section, code: wish.code });
    setText('');
    if (!(document.activeElement instanceof HTMLElement && document.activeElement.closest('.help')))
      before.current = document.activeElement;
    search.current?.focus();
  }, [wish]);
  // Closed by a key from elsewhere, as while somebody writes beside it, it takes the focus from nobody.
  useEffect(
    () => () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) focusIfFree(before.current);
    },
    [],
  );
  useEffect(() => {
    if (sought !== '') return;
    const name = spot.code ?? spot.section;
    const target = name === null ? null : document.getElementById(`help-${name}`);
    if (target) target.scrollIntoView({ block: 'start' });
    else if (body.current) body.current.scrollTop = 0;
  }, [spot, sought]);

  const go = (next: Spot): void => {
    setText('');
    setSpot(next);
    // What was pressed is gone with the list; without the focus in here, Esc would not be heard.
    body.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (text !== '') setText('');
    else help.close();
  };
  const topic = guide.topics.find(({ id }) => id === spot.topic);
  return (
    <div className="help" role="dialog" aria-label={t('help.title')} onKeyDown={onKeyDown}>
      <header className="help-head">
        {spot.topic !== null && sought === '' ? (
          <IconButton
            icon="book"
            label={t('help.all')}
            onClick={() => go({ topic: null, section: null, code: null })}
          />
        ) : null}
        <h2>{t('help.title')}</h2>
        <Kbd>F1</Kbd>
        <IconButton icon="close" label={t('common.close')} onClick={help.close} />
      </header>
      <div className="help-search">
        <Input
          ref={search}
          icon="search"
          value={text}
          aria-label={t('help.search')}
          placeholder={t('help.search')}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="help-body" ref={body} tabIndex={0} role="region" aria-label={t('help.content')}>
        {sought.trim() !== '' ? (
          <>
            <p className="help-count" role="status">
              {t('help.found', { count: found.length })}
            </p>
            {found.length === 0 && (
              <StateMessage compact icon="search" title={t('help.none')} note={t('help.noneNote')} />
            )}
            <ul className="help-found">
              {found.slice(0, 60).map((place) => {
                const shown = excerpt(place.text, place.inText, 18);
                return (
                  <li key={`${place.topic}-${place.section ?? ''}-${place.code ?? ''}`}>
                    <button type="button" onClick={() => go(place)}>
                      <span className="help-found-title">
                        <Marked text={place.title} matches={place.inTitle} />
                      </span>
                      <span className="help-found-text">
                        <Marked text={shown.text} matches={shown.matches} />
                      </span>
                    </button>
                  </li>
                );
              })}
            </ul>
          </>
        ) : topic ? (
          <article>
            <h3 className="help-title">{topic.title}</h3>
            {topic.blocks.map((block, index) => (
              <Piece key={index} block={block} guide={guide} onGo={go} />
            ))}
          </article>
        ) : spot.topic === 'errors' ? (
          <Codes current={spot.code} />
        ) : (
          <ul className="help-topics" aria-label={t('help.topics')}>
            {[...guide.topics, { id: 'errors', title: t('help.errors') }].map(({ id, title }) => (
              <li key={id}>
                <button type="button" onClick={() => go({ topic: id, section: null, code: null })}>
                  {title}
                  <Icon name="chevronRight" size={12} />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Piece(props: { block: Block; guide: Guide; onGo: (spot: Spot) => void }) {
  const { block } = props;
  const line = (inline: readonly Inline[]) => <Line inline={inline} onGo={props.onGo} />;
  switch (block.kind) {
    case 'heading':
      return block.level === 2 ? (
        <h4 id={`help-${block.id}`}>{block.text}</h4>
      ) : (
        <h5 id={`help-${block.id}`}>{block.text}</h5>
      );
    case 'paragraph':
      return <p>{line(block.inline)}</p>;
    case 'list': {
      const items = block.items.map((item, index) => <li key={index}>{line(item)}</li>);
      return block.ordered ? <ol className="help-list">{items}</ol> : <ul className="help-list">{items}</ul>;
    }
    case 'table':
      return (
        <table>
          <thead>
            <tr>
              {block.head.map((cell, index) => (
                <th key={index} scope="col">
                  {line(cell)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at}>{line(cell)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    case 'picture':
      return <Picture address={props.guide.pictures[block.name]} alt={block.alt} />;
  }
}

function Picture(props: { address: string | undefined; alt: string }) {
  const { t } = useTranslation();
  const [large, setLarge] = useState(false);
  if (props.address === undefined) return null;
  return (
    <figure className={large ? 'is-large' : undefined}>
      <button
        type="button"
        aria-label={t('help.enlarge', { alt: props.alt })}
        aria-expanded={large}
        onClick={() => setLarge(!large)}
      >
        <img src={props.address} alt={props.alt} width={1280} height={800} loading="lazy" />
      </button>
      <figcaption>{props.alt}</figcaption>
    </figure>
  );
}

function Line(props: { inline: readonly Inline[]; onGo: (spot: Spot) => void }) {
  return (
    <>
      {props.inline.map((piece, index) => {
        switch (piece.kind) {
          case 'text':
            return piece.text;
          case 'word':
            return <strong key={index}>{piece.text}</strong>;
          case 'key':
            return (
              <span key={index} className="help-keys">
                {piece.text.split(' ').map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </span>
            );
          case 'code':
            return <code key={index}>{piece.text}</code>;
          case 'link':
            return (
              <button
                key={index}
                type="button"
                className="help-link"
                onClick={() => props.onGo({ topic: piece.topic, section: piece.section, code: null })}
              >
                {piece.text}
              </button>
            );
        }
      })}
    </>
  );
}

function Codes(props: { current: string | null }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  return (
    <article>
      <h3 className="help-title">{t('help.errors')}</h3>
      <p>{t('help.errorsNote')}</p>
      {APP_ERROR_CODES.map((code) => {
        const words = errorWords({ code }, locale);
        return (
          <section key={code} id={`help-${code}`} className={`help-code ${props.current === code ? 'is-current' : ''}`}>
            <h4>
              <code>{code}</code>
            </h4>
            <dl>
              <dt>{t('help.cause')}</dt>
              <dd>{words.title}</dd>
              <dt>{t('help.effect')}</dt>
              <dd>{words.meaning}</dd>
              <dt>{t('help.next')}</dt>
              <dd>{words.next}</dd>
            </dl>
          </section>
        );
      })}
    </article>
  );
}
