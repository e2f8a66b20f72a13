import { useCallback, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { OpenedSeal } from '#shared/contract/remedy.ts';
import type { MessageKey } from '#shared/domain/ids.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { plainName } from '#shared/domain/attachments/names.ts';
import { bridge } from './index.ts';
import { saveFile } from './save.ts';
import { useLive } from './live.ts';

/** Whether anybody signed in here may open seals (RC19); the core decides again. */
export function useMayOpenSeals(): boolean {
  return useLive((state) => state.accounts?.some((account) => isPermitted(account.agent?.role, 'seal.open')) ?? false);
}

export interface SealState {
  readonly key: MessageKey;
  readonly opened: OpenedSeal | null;
  readonly error: AppError | null;
  /** How saving its file stands. */
  readonly file: 'idle' | 'saving' | 'saved';
}

/** Opening is asked for once a click: each one is audited. What was opened is forgotten when the dialog closes. */
export function useSeal() {
  const [seal, setSeal] = useState<SealState | null>(null);
  const open = useCallback((key: MessageKey): void => {
    setSeal({ key, opened: null, error: null, file: 'idle' });
    void bridge
      .call('seals.open', { message_key: key })
      .then((answer) =>
        setSeal((now) =>
          now?.key !== key
            ? now
            : answer.ok
              ? { key, opened: answer.result, error: null, file: 'idle' }
              : { key, opened: null, error: answer.error, file: 'idle' },
        ),
      );
  }, []);
  const close = useCallback(() => setSeal(null), []);
  const save = async (): Promise<void> => {
    const file = seal?.opened?.file;
    if (!seal || !file || seal.file === 'saving') return;
    const set = (next: Partial<SealState>): void =>
      setSeal((now) => (now?.key === seal.key ? { ...now, ...next } : now));
    set({ file: 'saving', error: null });
    const answer = await saveFile(plainName(file.name), (target) =>
      bridge.call('seals.save', { message_key: seal.key, target }),
    );
    if (answer === null) set({ file: 'idle' });
    else set(answer.ok ? { file: 'saved' } : { file: 'idle', error: answer.error });
  };
  return { seal, open, save, close };
}
