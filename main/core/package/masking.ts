import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import { chosenMasks, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { foldedText } from '#shared/domain/guard/fold.ts';
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
  /** The whole row as the other formats show it. */
  row(row: SearchRow): SearchRow;
  /** What `words` knows by now, for an export that is taken up again (EX6). */
  state(): MaskingState;
}

/** Names met that stand in what is said about the export, with their pseudonyms. */
export type MaskingState = readonly (readonly [name: string, replacement: string])[];

export interface MaskingOptions {
  /** The word before a pseudonym's letters. */
  readonly label: string;
  /** At least 16 random bytes, fresh for each export; kept with its job only, in the encrypted store. */
  readonly salt: Uint8Array;
  /** What `words` and `filter` will be asked for: names are looked for in it as they come. */
  readonly about: readonly string[];
  readonly state?: MaskingState;
}

/** Consumers whose names are remembered at once. */
const REMEMBERED = 4_096;

export function createMasking(choices: MaskChoices, cryptography: Cryptography, options: MaskingOptions): Masking {
  const { label, salt } = options;
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
      row: (row) => row,
      state: () => [],
    };
  const sha256 = (bytes: Uint8Array): Uint8Array => cryptography.sha256Bytes(bytes);
  const consumers = createPseudonyms({ salt, sha256, label });
  const ids = createPseudonyms({ salt, sha256, label: 'id' });

  const said = choices.name ? options.about.filter((text) => text !== '').map((text) => foldedText(text)) : [];
  const met = new Map<string, string>(options.state);
  const pseudonym = (row: Pick<SearchRow, 'shop' | 'consumer'>): string => {
    if (row.consumer === '') return '';
    const made = consumers.of(row.shop, row.consumer);
    if (said.length > 0 && !met.has(row.consumer)) {
      const needle = foldedText(row.consumer).trim();
      if (said.some((text) => text.includes(needle))) met.set(row.consumer, made);
    }
    return made;
  };
  /** By pseudonym. A page of rows has few of them, so what was made is found again. */
  const namesOf = new Map<string, { readonly name: string; readonly names: MaskContext['names'] & {} }>();
  const nothing: ReadonlySet<string> = new Set();
  const contextOf = (row: SearchRow): MaskContext => {
    const { order_nos, violation_nos } = row;
    const keep = order_nos.length + violation_nos.length === 0 ? nothing : new Set([...order_nos, ...violation_nos]);
    if (row.consumer === '') return { keep };
    const replacement = pseudonym(row);
    let known = namesOf.get(replacement);
    // Two consumers may share a pseudonym, never a name.
    if (known?.name !== row.consumer) {
      if (namesOf.size >= REMEMBERED) namesOf.clear();
      known = { name: row.consumer, names: [{ name: row.consumer, replacement }] };
      namesOf.set(replacement, known);
    }
    return { keep, names: known.names };
  };
  const shownIds = new Map<string, { readonly consumer: string; readonly shown: string }>();
  const words = (text: string): string => maskText(text, choices);
  const about = (text: string): string => {
    if (!choices.name || text === '') return words(text);
    return maskText(text, choices, { names: [...met].map(([name, replacement]) => ({ name, replacement })) });
  };

  const masking: Masking = {
    chosen,
    consumer: (row) => (choices.name ? pseudonym(row) : words(row.consumer)),
    text: (text, row) => (text === '' ? '' : maskText(text, choices, contextOf(row))),
    words: about,
    order: (row) =>
      row.more?.order === undefined ? undefined : maskOrderCard(row.more.order, choices, contextOf(row)),
    conversationId(row) {
      const id = row.conversation_id;
      const known = shownIds.get(id);
      if (known !== undefined && known.consumer === row.consumer) return known.shown;
      const tells = (choices.name && row.consumer !== '' && fold(id).includes(fold(row.consumer))) || words(id) !== id;
      const shown = tells ? ids.of('conversation', id) : id;
      if (shownIds.size >= REMEMBERED) shownIds.clear();
      shownIds.set(id, { consumer: row.consumer, shown });
      return shown;
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
    row(row) {
      const { more } = row;
      const sender =
        row.sender !== 'consumer'
          ? row.sender_name
          : row.sender_name === row.consumer
            ? masking.consumer(row)
            : // In a group several consumers speak; only one of them is the conversation's.
              masking.consumer({ ...row, consumer: row.sender_name });
      return {
        ...row,
        message_id: masking.messageId(row.message_id),
        conversation_id: masking.conversationId(row),
        consumer: masking.consumer(row),
        sender_name: sender,
        text: masking.text(row.text, row),
        matches: [],
        ...(more === undefined ? {} : { more: maskMore(row, more) }),
      };
    },
    state: () => [...met],
  };
  return masking;

  function maskMore(row: SearchRow, more: NonNullable<SearchRow['more']>): NonNullable<SearchRow['more']> {
    const { order, attachment, correction_of, corrected_by, recalled } = more;
    const by = recalled?.operator;
    const whom = by?.role === 'consumer' ? masking.consumer(row) : undefined;
    return {
      ...(order === undefined ? {} : { order: maskOrderCard(order, choices, contextOf(row)) }),
      ...(attachment === undefined ? {} : { attachment: { ...attachment, name: masking.text(attachment.name, row) } }),
      ...(correction_of === undefined ? {} : { correction_of: masking.messageId(correction_of) }),
      ...(corrected_by === undefined ? {} : { corrected_by: masking.messageId(corrected_by) }),
      ...(recalled === undefined || by === undefined
        ? {}
        : {
            recalled: {
              ...recalled,
              operator: whom === undefined ? by : { ...by, id: whom as typeof by.id, name: whom },
              reason: recalled.reason === null ? null : masking.text(recalled.reason, row),
            },
          }),
    };
  }
}
