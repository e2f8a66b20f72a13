import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button, Hint } from '#renderer/ui/Button.tsx';
import { Menu, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';

/** SY7: what this machine lacks may still be at the gateway; asked for by hand, stored, and searched like everything else. */
export function OlderRecords(props: { query: SearchQuery; onFetched: () => void }) {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const live = accounts.filter(({ state }) => state === 'live' || state === 'catching-up');
  const [anchor, setAnchor] = useState<MenuAnchor | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId, ({ state, result, error }) => {
    if (state === 'done') {
      const count = Number(result?.['messages'] ?? 0);
      toast({ tone: 'done', text: count === 0 ? t('upkeep.older.doneNone') : t('upkeep.older.done', { count }) });
      if (count > 0) props.onFetched();
    } else if (error) {
      const words = errorWords({ code: error.code });
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
  });
  const ask = async (account_id: AccountId): Promise<void> => {
    const { from, to, orders, violations } = props.query;
    const answer = await bridge.call('records.fetch', {
      account_id,
      from: from ?? 0,
      to: to ?? Math.ceil(localNow()) + 60_000,
      ...(orders && orders.length > 0 ? { order_nos: orders.slice(0, 1_000) } : {}),
      ...(violations && violations.length > 0 ? { violation_nos: violations.slice(0, 1_000) } : {}),
    });
    if (answer.ok) setJobId(answer.result.job_id);
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  if (job !== null && isRunning(job))
    return (
      <span className="result-count num" role="status">
        {t('upkeep.older.running', { count: job.done })}{' '}
        <Button size="small" look="quiet" onClick={() => void bridge.call('jobs.cancel', { job_id: job.job_id })}>
          {t('upkeep.older.cancel')}
        </Button>
      </span>
    );
  return (
    <>
      <Hint text={t('upkeep.older.note')}>
        <Button
          size="small"
          look="quiet"
          icon="refresh"
          disabled={live.length === 0}
          onClick={(event) => {
            const only = live[0];
            if (live.length === 1 && only) return void ask(only.account_id);
            const box = event.currentTarget.getBoundingClientRect();
            setAnchor({ x: box.left, y: box.bottom, byKeyboard: event.detail === 0 });
          }}
        >
          {t('upkeep.older.action')}
        </Button>
      </Hint>
      {anchor && (
        <Menu
          anchor={anchor}
          label={t('upkeep.older.choose')}
          onClose={() => setAnchor(null)}
          items={live.map((account) => ({
            id: account.account_id,
            label: account.label,
            onSelect: () => void ask(account.account_id),
          }))}
        />
      )}
    </>
  );
}
