import { APP_ERROR_CODES } from '#shared/contract/errors.ts';
import { explainError } from '#shared/i18n/errors.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { highlightRanges, matchesFolded, type Range } from '#shared/search/match.ts';
import { fold } from '#shared/search/normalise.ts';
import { parseTextQuery } from '#shared/search/query.ts';
import { blockText, type Guide } from './topic.ts';

/** One place that has what is sought: a part of a topic under its heading, or an error code. */
export interface Place {
  readonly topic: string;
  readonly section: string | null;
  readonly code: string | null;
  readonly title: string;
  readonly text: string;
  readonly folded: string;
}

export interface FoundPlace extends Place {
  readonly inTitle: readonly Range[];
  readonly inText: readonly Range[];
}

/** Everything that can be found, cut at headings, in one language. */
export function placesOf(guide: Guide, locale: Locale): readonly Place[] {
  const places: Place[] = [];
  const add = (topic: string, section: string | null, code: string | null, title: string, text: string): void => {
    if (text !== '' || section !== null)
      places.push({ topic, section, code, title, text, folded: fold(`${title}\n${text}`) });
  };
  for (const topic of guide.topics) {
    let section: string | null = null;
    let title = topic.title;
    let texts: string[] = [];
    const close = (): void => add(topic.id, section, null, title, texts.join('\n'));
    for (const block of topic.blocks)
      if (block.kind === 'heading') {
        close();
        section = block.id;
        title = `${topic.title} · ${block.text}`;
        texts = [];
      } else texts.push(blockText(block));
    close();
  }
  for (const code of APP_ERROR_CODES) {
    const { cause, effect, next } = explainError(code, locale);
    add('errors', null, code, code, [cause, effect, next].join('\n'));
  }
  return places;
}

/** Found like records are (SR4): every term an exact substring of the folded text; where a title has one comes first. */
export function findPlaces(places: readonly Place[], text: string): readonly FoundPlace[] {
  const query = parseTextQuery(text.trim());
  if (query.terms.length === 0) return [];
  const marked = { terms: query.terms, nots: [] };
  return places
    .filter((place) => matchesFolded(place.folded, query))
    .map((place) => ({
      ...place,
      inTitle: highlightRanges(place.title, marked),
      inText: highlightRanges(place.text, marked),
    }))
    .toSorted((a, b) => Number(b.inTitle.length > 0) - Number(a.inTitle.length > 0));
}
