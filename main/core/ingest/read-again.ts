import { codeOf } from '#shared/contract/errors.ts';
import { Message, MessageKind } from '#shared/protocol/entities.ts';
import { KnownEvent, readKnownEvent } from '#shared/protocol/events.ts';
import type { Logger } from '../ports/logger.ts';
import type { KeptPosition, KeptRaw, KeptReading, Store, StoreChanges } from '../ports/store.ts';

const READ_BY = 'wire.read_by';

/** What a program can read changes with its version; the names it knows are there for those that are built between two. */
const readingOf = (appVersion: string): string =>
  [appVersion, ...MessageKind.options, ...KnownEvent.options.map((option) => option.shape.kind.value)].join(' ');

/** Nothing where this version can't read it whole either. */
function read({ account, event_seq, of, raw }: KeptRaw): readonly KeptReading[] {
  const value: unknown = JSON.parse(raw);
  if (of === 'event') {
    const event = readKnownEvent(value);
    return event.success ? [{ account, event_seq, of, event: event.data }] : [];
  }
  const message = Message.safeParse(value);
  return message.success && message.data.unknown === undefined
    ? [{ account, event_seq, of, message: message.data }]
    : [];
}

/**
 * SY8: what an earlier version kept raw is read again, once, by one that may know more. Where it is cut off the next start
 * begins anew: what was read is no longer kept.
 */
export async function readAgain(options: {
  readonly store: Pick<Store, 'setting' | 'setSetting' | 'keptRaw' | 'takeKept'>;
  readonly logger: Logger;
  readonly appVersion: string;
  readonly onChanges: (changes: StoreChanges) => void;
  readonly stopped: () => boolean;
}): Promise<void> {
  const { store, logger, stopped } = options;
  const reading = readingOf(options.appVersion);
  try {
    if ((await store.setting(READ_BY)) === reading) return;
    for (let after: KeptPosition | undefined; ;) {
      if (stopped()) return;
      const rows: readonly KeptRaw[] = await store.keptRaw(after ?? null);
      after = rows.at(-1);
      if (after === undefined) break;
      const readings = rows.flatMap(read);
      if (readings.length > 0) options.onChanges(await store.takeKept(readings));
    }
    await store.setSetting(READ_BY, reading);
  } catch (thrown) {
    if (!stopped()) logger.log('error', 'ingest.read-again', { code: codeOf(thrown) });
  }
}
