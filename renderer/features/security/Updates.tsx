import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UpdatesView } from '#shared/contract/updates.ts';
import type { CallAnswer } from '#shared/contract/door.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatBytes } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';

/** 设置 → 更新: one step at a time, each pressed by the person; where there are none, why (SE1). */
export function Updates() {
  const { t, i18n } = useTranslation();
  const asked = useAsk('updates.state', {});
  const [busy, setBusy] = useState(false);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId, asked.reload);
  const view = asked.data;
  if (view === null) return null;

  const say = (answer: CallAnswer): void => {
    if (!answer.ok) {
      const words = errorWords(answer.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    }
    asked.reload();
  };
  const run = async (work: () => Promise<CallAnswer>): Promise<void> => {
    setBusy(true);
    say(await work());
    setBusy(false);
  };
  return (
    <section className="security" aria-label={t('updates.title')}>
      <h2>{t('updates.title')}</h2>
      {view.off !== null ? (
        <p className="security-note">{t(`updates.off.${view.off}`)}</p>
      ) : (
        <>
          <p className="security-note" aria-live="polite">
            <Said view={view} locale={currentLocale(i18n.language)} />
          </p>
          <div className="security-buttons">
            {(view.phase === 'unasked' || view.phase === 'current' || (view.phase === 'found' && !view.installs)) && (
              <Button busy={busy} onClick={() => void run(() => bridge.call('updates.check', {}))}>
                {t(busy ? 'updates.checking' : 'updates.check')}
              </Button>
            )}
            {view.phase === 'found' && view.installs && (
              <Button
                busy={busy || isRunning(job)}
                onClick={() =>
                  void run(async () => {
                    const answer = await bridge.call('updates.download', {});
                    if (answer.ok) setJobId(answer.result.job_id);
                    return answer;
                  })
                }
              >
                {t('updates.download')}
              </Button>
            )}
            {view.phase === 'ready' && (
              <Button look="primary" busy={busy} onClick={() => void run(() => bridge.call('updates.install', {}))}>
                {t('updates.install')}
              </Button>
            )}
          </div>
        </>
      )}
    </section>
  );
}

function Said(props: { view: UpdatesView; locale: ReturnType<typeof currentLocale> }) {
  const { t } = useTranslation();
  const { phase, found, installs } = props.view;
  if (found === null) return phase === 'current' ? t('updates.current') : null;
  const { version, bytes } = found;
  if (phase === 'ready') return `${t('updates.ready', { version })} ${t('updates.installNote')}`;
  if (phase === 'downloading') return t('updates.downloading', { version });
  const news =
    bytes === null
      ? t('updates.found', { version })
      : t('updates.foundSize', { version, size: formatBytes(bytes, props.locale) });
  return installs ? news : `${news} ${t('updates.onlyTold')}`;
}
