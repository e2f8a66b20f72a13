import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { KeyState, SECURITY_PROCEDURES } from '#shared/contract/security.ts';
import type { AppInfo } from '#shared/contract/views.ts';
import { lastGroup, parseRecoveryKey } from '#shared/lib/recovery-key.ts';
import { catalogues } from '#shared/i18n/index.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { KeyCare } from '../ports/key-care.ts';
import type { Logger } from '../ports/logger.ts';
import type { Passwords } from '../ports/passwords.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import { createAppLock, type AppLock } from './app-lock.ts';

export interface SecurityPorts {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: Files;
  readonly audit: Audit;
  readonly actor: () => Promise<string>;
  readonly info: AppInfo;
  readonly keyCare: KeyCare | undefined;
  readonly passwords: Passwords | undefined;
  readonly publish: (message: TopicMessage) => void;
}

export interface Security {
  readonly handlers: Pick<Handlers, keyof typeof SECURITY_PROCEDURES>;
  readonly lock: AppLock;
}

/** Key care (ST1) and the app lock (SE4). What shows or changes a key asks for the lock's secret again, and is audited first. */
export function createSecurity(ports: SecurityPorts): Security {
  const { audit, actor, keyCare } = ports;
  const lock = createAppLock({
    ...ports,
    publish: (payload) => ports.publish({ topic: 'lock', payload }),
    audited: async (action, details) => audit.write(await actor(), action, details),
    recoveryKey: async () => {
      if (keyCare === undefined || (await keyCare.state()).recovery === null) return null;
      return parseRecoveryKey((await keyCare.recoveryKey()).key);
    },
  });

  const care = (): KeyCare => {
    if (keyCare === undefined) throw new AppFailure('UNSUPPORTED', 'this profile has no keys to care for');
    return keyCare;
  };
  const state = async (): Promise<KeyState> =>
    keyCare === undefined
      ? {
          supported: false,
          storage: ports.info.key_storage,
          recovery: null,
          rotation: 'none',
          can_rotate: false,
          rotated_at: null,
        }
      : { supported: true, ...(await keyCare.state()) };

  return {
    lock,
    handlers: {
      ...lock.handlers,
      'keys.state': state,
      async 'keys.recovery'({ secret }) {
        await lock.prove(secret);
        care();
        await audit.write(await actor(), 'keys.recovery_shown', {});
        return care().recoveryKey();
      },
      async 'keys.save_recovery'({ target, secret }) {
        await lock.prove(secret);
        const { key, made_at } = await care().recoveryKey();
        await audit.write(await actor(), 'keys.recovery_saved', {});
        const words = catalogues[ports.info.locale].security.file;
        const lines = [
          words.title,
          '',
          key,
          '',
          `${words.made} ${new Date(made_at).toISOString()}`,
          '',
          words.note,
          words.use,
          '',
        ];
        const sink = await ports.files.create(target);
        try {
          await sink.write(new TextEncoder().encode(lines.join('\r\n')));
          const { bytes } = await sink.commit();
          return { bytes };
        } catch (thrown) {
          await sink.abort();
          throw thrown;
        }
      },
      async 'keys.confirm_recovery'({ last_group }) {
        if ((await care().state()).recovery === null) throw new AppFailure('NOT_FOUND', 'no recovery key was made');
        const { key } = await care().recoveryKey();
        if (lastGroup(key) !== last_group.trim().toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1'))
          throw new AppFailure('BAD_INPUT', 'not its last group', { field: 'last_group' });
        await audit.write(await actor(), 'keys.recovery_confirmed', {});
        await care().confirmRecovery();
        return state();
      },
      async 'keys.rotate'({ secret }) {
        await lock.prove(secret);
        care();
        await audit.write(await actor(), 'keys.rotation_requested', {});
        await care().requestRotation();
        return state();
      },
      async 'keys.cancel_rotation'() {
        await audit.write(await actor(), 'keys.rotation_cancelled', {});
        await care().cancelRotation();
        return state();
      },
    },
  };
}
