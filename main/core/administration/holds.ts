import type { Handlers } from '#shared/contract/procedures.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

type HoldHandlers = Pick<Handlers, 'holds.list' | 'holds.of' | 'holds.place' | 'holds.release' | 'evidence.mark'>;

/** AD3: legal holds and evidence marks. Both keep retention and a group's purge away until somebody releases them. */
export function createHolds(ports: {
  readonly store: Store;
  readonly clock: Clock;
  actor(): Promise<string>;
  /** A purge may have waited for it. */
  onReleased(): void;
}): HoldHandlers {
  const { store, clock } = ports;
  return {
    'holds.list': async ({ released }) => ({ holds: await store.holds({ released }) }),
    'holds.of': async ({ conversation_key }) => ({
      holds: await store.holds({ released: false, conversation: conversation_key }),
      protections: await store.protections(conversation_key),
    }),
    'holds.place': async ({ target, note }) => ({
      id: await store.placeHold({
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
    }),
    'evidence.mark': async ({ conversation_key, note }) => ({
      id: await store.placeHold({
        kind: 'evidence',
        target: { scope: 'conversation', conversation_key },
        note,
        audit: {
          at: clock.wallNow(),
          actor: await ports.actor(),
          action: 'evidence.marked',
          details: { conversation_key },
        },
      }),
    }),
    async 'holds.release'({ id, note }) {
      await store.releaseHold(id, {
        at: clock.wallNow(),
        actor: await ports.actor(),
        action: 'hold.released',
        details: { reason_characters: note.length },
      });
      ports.onReleased();
      return {};
    },
  };
}
