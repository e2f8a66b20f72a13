import { useEffect, useRef, useState } from 'react';
import type { ConversationView } from '#shared/contract/views.ts';
import type { GuardHit, GuardReport } from '#shared/domain/guard/inspect.ts';
import type { Policy } from '#shared/protocol/entities.ts';
import { carryHits } from './carry.ts';
import { inspectText, prepareWords, useCompiled, type Question } from './engine.ts';

interface Checked {
  readonly text: string;
  readonly report: GuardReport;
}

export interface Guarded {
  /** For marks; as near to the text as is known yet. */
  readonly hits: readonly GuardHit[];
  /** The report of a text: at once where it is known, otherwise asked for. Null: nobody knows, the core decides alone. */
  readonly reportOf: (text: string) => GuardReport | null | Promise<GuardReport | null>;
}

/** Checks what stands in the composer after each change (PV3, PV4), off the thread that draws. */
export function useGuard(conversation: ConversationView, policy: Policy | null, text: string): Guarded {
  const account = conversation.account_id;
  const shop = conversation.shop.shop_id;
  const list = account === null ? '' : `${account} ${shop}`;
  const compiled = useCompiled((all) => all[list] ?? 0);
  const [checked, setChecked] = useState<Checked | null>(null);
  /** Also what changed nothing on the screen. */
  const newest = useRef<Checked | null>(null);
  const turn = useRef(0);
  const questionOf = (of: string): Question | null =>
    account === null || policy === null
      ? null
      : {
          account,
          shop,
          text: of,
          policy,
          knownNumbers: [...conversation.order_nos, ...conversation.violation_nos],
        };
  const question = useRef(questionOf);
  question.current = questionOf;

  // Views come anew with every event; what is asked changes only with what they say.
  const rule = policy === null ? '' : `${policy.send.confirm.join()} ${policy.send.block.join()}`;
  const numbers = [...conversation.order_nos, ...conversation.violation_nos].join();

  useEffect(() => {
    if (account !== null) prepareWords(account, shop);
  }, [account, shop]);
  useEffect(() => {
    const mine = ++turn.current;
    const asked = text.trim() === '' ? null : question.current(text);
    if (asked === null) {
      newest.current = null;
      setChecked(null);
      return;
    }
    void inspectText(asked).then((report) => {
      if (mine !== turn.current || report === null) return;
      const now = { text, report };
      newest.current = now;
      // Where there are no marks and were none, a key press is not drawn a second time.
      setChecked((before) => (report.hits.length > 0 || (before?.report.hits.length ?? 0) > 0 ? now : before));
    });
  }, [text, rule, numbers, compiled]);

  return {
    hits: checked === null ? [] : carryHits(checked.report.hits, checked.text, text),
    reportOf(of) {
      if (newest.current?.text === of) return newest.current.report;
      const asked = questionOf(of);
      return asked === null ? null : inspectText(asked);
    },
  };
}
