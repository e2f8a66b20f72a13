import { useCallback, useMemo, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { MessageView } from '#shared/contract/views.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import { bridge } from './index.ts';
import { useLive, windowClock } from './live.ts';

/** AD3: 已保留为凭证, from chat and transcript. */
export interface EvidenceWish {
  /** It is marked: the mark is to be taken back. */
  readonly marked: boolean;
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

interface Asked {
  readonly message: MessageView;
  readonly wish: EvidenceWish;
}

const asking = (message: MessageView, busy: boolean, error: AppError | null): Asked => ({
  message,
  wish: { marked: message.evidence !== undefined, busy, error },
});

/**
 * Marks a message, or takes its mark back, after asking for a reason. `onDone` gets the message as it is then, for views
 * that no topic reaches.
 */
export function useEvidence(onDone: (message: MessageView) => void) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = useCallback((message: MessageView) => setAsked(asking(message, false, null)), []);
  const close = useCallback(() => setAsked(null), []);
  const confirm = async (note: string): Promise<void> => {
    if (asked === null || asked.wish.busy) return;
    const { message } = asked;
    const { evidence, ...unmarked } = message;
    // The question about another message, asked meanwhile, stays.
    const show = (next: Asked | null): void =>
      setAsked((now) => (now === null || now.message === message ? next : now));
    show(asking(message, true, null));
    if (evidence === undefined) {
      const { conversation_key, key } = message;
      const answer = await bridge.call('evidence.mark', { conversation_key, message_key: key, note });
      if (!answer.ok) return show(asking(message, false, answer.error));
      onDone({ ...message, evidence: { hold: answer.result.id, at: Math.round(windowClock()) } });
    } else {
      const answer = await bridge.call('holds.release', { id: evidence.hold, note });
      if (!answer.ok) return show(asking(message, false, answer.error));
      onDone(unmarked);
    }
    show(null);
  };
  return { wish: asked?.wish ?? null, ask, close, confirm };
}
