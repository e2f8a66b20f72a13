import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';

/** Copies and packages may be damaged without the records being so; these say it themselves. */
const OF_OTHER_FILES = /^(?:backups|packages|import)\./u;

/**
 * ST4: damage shows itself in whatever happens to read it, a list or a search. The first call that meets it is answered as
 * it is, and `onDamaged` is told once, so that the window leads to the backups wherever the person is.
 */
export function watchDamage(handlers: Handlers, onDamaged: () => void): Handlers {
  let told = false;
  const watched = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (input: unknown) => {
      try {
        return await (handler as (input: unknown) => Promise<unknown>)(input);
      } catch (thrown) {
        if (
          !told &&
          !OF_OTHER_FILES.test(name) &&
          thrown instanceof AppFailure &&
          thrown.error.code === 'STORE_DAMAGED'
        ) {
          told = true;
          onDamaged();
        }
        throw thrown;
      }
    },
  ]);
  return Object.fromEntries(watched) as Handlers;
}
