import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { MessageView } from '#shared/contract/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

type HoldHandlers = Pick<Handlers, 'holds.list' | 'holds.of' | 'holds.place' | 'holds.release' | 'evidence.mark'>;

/** AD3: legal holds and evidence marks. Both keep retention and a group's purge away until somebody releases them. */
export function createHolds(ports: {
  readonly store: Store;
  readonly clock: Clock;
  actor(): Promise<string>;
  sees(message: MessageView): Promise<boolean>;
  /** What shows marks shows them anew. */
  onChanges(changes: StoreChanges): void;
  /** A purge may have waited for it. */
  onReleased(): void;
}): HoldHandlers {
  const { store, clock } = ports;
  const place = async (hold: Parameters<Store['placeHold']>[0]): Promise<{ readonly id: number }> => {
    const { id, changes } = await store.placeHold(hold);
    ports.onChanges(changes);
    return { id };
  };
  return {
    'holds.list': async ({ released }) => ({ holds: await store.holds({ released }) }),
    'holds.of': async ({ conversation_key }) => ({
      holds: await store.holds({ released: false, conversation: conversation_key }),
      protections: await store.protections(conversation_key),
    }),
    'holds.place': async ({ target, note }) =>
      place({
        kind: 'legal',
        target,
        note,
        audit: {
          at: clock.wallNow(),
          actor: await ports.actor(),
          action: 'hold.placed',
          // Numbers and notes may name people: the log says which hold, the hold says the rest.
          details: {
            scope: target.scope,
            ...(target.scope === 'order' ? {} : { conversation_key: target.conversation_key }),
          },
        },
      }),
    async 'evidence.mark'({ conversation_key, message_key, note }) {
      const found = message_key === undefined ? null : await store.message(message_key);
      if (found !== null && !(await ports.sees(found.message))) throw new AppFailure('NOT_FOUND', 'no such message');
      return place({
        kind: 'evidence',
        target:
          message_key === undefined
            ? { scope: 'conversation', conversation_key }
            : { scope: 'message', conversation_key, message_key },
        note,
        audit: {
          at: clock.wallNow(),
          actor: await ports.actor(),
          action: 'evidence.marked',
          details: { conversation_key, ...(message_key === undefined ? {} : { message_key }) },
        },
      });
    },
    async 'holds.release'({ id, note }) {
      const changes = await store.releaseHold(id, {
        at: clock.wallNow(),
        actor: await ports.actor(),
        action: 'hold.released',
        details: { reason_characters: note.length },
      });
      ports.onChanges(changes);
      ports.onReleased();
      return {};
    },
  };
}
