import { inspect } from '#shared/domain/guard/inspect.ts';
import { unpackWords } from '#shared/domain/guard/packed.ts';
import {
  createWordSet,
  EMPTY_WORDS,
  joinWordSets,
  type SensitiveWord,
  type WordSet,
} from '#shared/domain/guard/words.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/**
 * Lists and checks live in a thread of their own: 60,000 words take a hundred milliseconds to compile, and a key press
 * must be on the screen within a frame. The same pure code decides again in the core.
 */
const pages = new Map<string, SensitiveWord[]>();
const lists = new Map<string, WordSet>();
const say = (message: FromWorker): void => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'page': {
      const words = pages.get(data.list) ?? [];
      for (const word of unpackWords(data.packed)) words.push(word);
      pages.set(data.list, words);
      return;
    }
    case 'compile': {
      const words = pages.get(data.list) ?? [];
      pages.delete(data.list);
      const local = createWordSet(unpackWords(data.local));
      lists.set(data.list, joinWordSets([createWordSet(words, data.version), local]));
      say({ kind: 'compiled', list: data.list });
      return;
    }
    case 'inspect': {
      const options = { knownNumbers: new Set(data.knownNumbers), officialHosts: data.officialHosts };
      const report = inspect(data.text, { send: data.send }, lists.get(data.list) ?? EMPTY_WORDS, options);
      say({ kind: 'report', id: data.id, report });
    }
  }
});
