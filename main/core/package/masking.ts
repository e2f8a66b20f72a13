import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import { chosenMasks, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { maskName, maskOrderCard, maskText, type MaskContext } from '#shared/domain/mask/mask.ts';
import { createPseudonyms } from '#shared/domain/mask/pseudonym.ts';
import { fold } from '#shared/search/normalise.ts';
import type { Cryptography } from '../ports/cryptography.ts';

/** Masks every field of one export (EX5). Without any mask chosen everything passes through. */
export interface Masking {
  readonly chosen: readonly string[];
  /** The consumer's name, or its pseudonym within this export. */
  consumer(row: Pick<SearchRow, 'shop' | 'consumer' | 'conversation_id'>): string;
  /** What somebody wrote in that conversation. */
  text(text: string, row: SearchRow): string;
  /** Words about the export itself, such as its reason. To be asked after the last row, when the names are known. */
  words(text: string): string;
  order(row: SearchRow): NonNullable<SearchRow['more']>['order'];
  /** Ids made of names or of content by an import; others stay, so that a review finds its way back (QA4). */
  conversationId(row: SearchRow): string;
  messageId(id: string): string;
  filter(query: SearchQuery): SearchQuery;
}

/** More names than this are not looked for in a search text or a reason: those are withheld then. */
const NAMES_MET = 20_000;
const WITHHELD = '****';

/** `label`: the word before a pseudonym's letters. The salt is drawn here and never leaves. */
export function createMasking(choices: MaskChoices, cryptography: Cryptography, label: string): Masking {
  const chosen = chosenMasks(choices);
  if (chosen.length === 0)
    return {
      chosen,
      consumer: (row) => row.consumer,
      text: (text) => text,
      words: (text) => text,
      order: (row) => row.more?.order,
      conversationId: (row) => row.conversation_id,
      messageId: (id) => id,
      filter: (query) => query,
    };
  const salt = cryptography.randomBytes(32);
  const sha256 = (bytes: Uint8Array): Uint8Array => cryptography.sha256Bytes(bytes);
  const consumers = createPseudonyms({ salt, sha256, label });
  const ids = createPseudonyms({ salt, sha256, label: 'id' });

  /** Names met in this export, for what is said about it as a whole; null once they are too many to look for. */
  let met: Map<string, string> | null = new Map();
  const pseudonym = (row: Pick<SearchRow, 'shop' | 'consumer'>): string => {
    if (row.consumer === '') return '';
    const made = consumers.of(row.shop, row.consumer);
    if (met !== null && met.set(row.consumer, made).size > NAMES_MET) met = null;
    return made;
  };
  const contextOf = (row: SearchRow): MaskContext => ({
    keep: new Set([...row.order_nos, ...row.violation_nos]),
    names: row.consumer === '' ? [] : [{ name: row.consumer, replacement: pseudonym(row) }],
  });
  const words = (text: string): string => maskText(text, choices);
  const about = (text: string): string => {
    if (!choices.name || text === '') return words(text);
    if (met === null) return WITHHELD;
    return maskText(text, choices, { names: [...met].map(([name, replacement]) => ({ name, replacement })) });
  };

  return {
    chosen,
    consumer: (row) => (choices.name ? pseudonym(row) : words(row.consumer)),
    text: (text, row) => (text === '' ? '' : maskText(text, choices, contextOf(row))),
    words: about,
    order: (row) =>
      row.more?.order === undefined ? undefined : maskOrderCard(row.more.order, choices, contextOf(row)),
    conversationId(row) {
      const id = row.conversation_id;
      const tells = (choices.name && row.consumer !== '' && fold(id).includes(fold(row.consumer))) || words(id) !== id;
      return tells ? ids.of('conversation', id) : id;
    },
    // An import names a message without an id by a hash of its content, from which the content could be tried out.
    messageId: (id) => (id.startsWith('~') || words(id) !== id ? ids.of('message', id) : id),
    filter: (query) => ({
      ...query,
      ...(query.text === undefined ? {} : { text: about(query.text) }),
      ...(query.consumers === undefined
        ? {}
        : { consumers: query.consumers.map((name) => (choices.name ? maskName(name) : words(name))) }),
    }),
  };
}
