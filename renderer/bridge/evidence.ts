import { useCallback, useMemo, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { MessageView } from '#shared/contract/views.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import { bridge } from './index.ts';
import { useLive, windowClock } from './live.ts';

/** AD3: 已保留为凭证, from chat and transcript. */
export interface EvidenceWish {
  readonly message: MessageView;
  readonly busy: boolean;
  readonly error: AppError | null;
}

/** What somebody signed in here may do about evidence; the core decides again. Without an account the records are one's own. */
export function useEvidenceRights(): { readonly mark: boolean; readonly release: boolean } {
  const accounts = useLive((state) => state.accounts);
  return useMemo(() => {
    const may = (permission: Permission): boolean =>
      accounts !== null &&
      (accounts.length === 0 || accounts.some(({ agent }) => isPermitted(agent?.role, permission)));
    return { mark: may('evidence.mark'), release: may('hold.place') };
  }, [accounts]);
}

/**
 * Marks a message, or takes its mark back, after asking for a reason. `onDone` gets the message as it is then, for views
 * that no topic reaches.
 */
export function useEvidence(onDone: (message: MessageView) => void) {
  const [wish, setWish] = useState<EvidenceWish | null>(null);
  const ask = useCallback((message: MessageView) => setWish({ message, busy: false, error: null }), []);
  const close = useCallback(() => setWish(null), []);
  const confirm = async (note: string): Promise<void> => {
    if (wish === null || wish.busy) return;
    const { message } = wish;
    const { evidence, ...unmarked } = message;
    setWish({ message, busy: true, error: null });
    if (evidence === undefined) {
      const { conversation_key, key } = message;
      const answer = await bridge.call('evidence.mark', { conversation_key, message_key: key, note });
      if (!answer.ok) return setWish({ message, busy: false, error: answer.error });
      onDone({ ...message, evidence: { hold: answer.result.id, at: Math.round(windowClock()) } });
    } else {
      const answer = await bridge.call('holds.release', { id: evidence.hold, note });
      if (!answer.ok) return setWish({ message, busy: false, error: answer.error });
      onDone(unmarked);
    }
    setWish(null);
  };
  return { wish, ask, close, confirm };
}
