import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Diagnosis, DiagnosisStep } from '#shared/contract/upkeep.ts';
import type { AccountView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { formatDuration, formatTimeSeconds } from '#renderer/ui/format.ts';
import { Icon, type IconName } from '#renderer/ui/Icon.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

const ICONS: Readonly<Record<DiagnosisStep['state'], IconName>> = {
  ok: 'check',
  failed: 'close',
  warning: 'warning',
  skipped: 'more',
};

/** Whatever the words of a step may name. */
const NO_FACTS = { proxy: '', reason: '', days: '', ms: '', addresses: '', interfaces: '', port: '' };

/** Looks at the way to the gateway step by step, and says in words which one fails. */
export function Steps({ account }: { account: AccountView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Diagnosis | null>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('diagnosis.run', { account_id: account.account_id });
    setBusy(false);
    if (answer.ok) setFound(answer.result);
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  const culprit = found?.steps.find(({ state }) => state === 'failed');
  const noted = found?.steps.find(({ state }) => state === 'warning');
  return (
    <div className="steps" role="group" aria-label={t('upkeep.steps.title')}>
      <div className="steps-head">
        <Button size="small" icon="pulse" busy={busy} onClick={() => void run()}>
          {busy ? t('upkeep.steps.running') : t('upkeep.steps.run')}
        </Button>
        {found !== null && !busy && (
          <p role="status" className={culprit ? 'is-failed' : ''}>
            {culprit
              ? t('upkeep.steps.found', { step: t(`upkeep.steps.name.${culprit.step}`) })
              : noted
                ? t('upkeep.steps.noted', { step: t(`upkeep.steps.name.${noted.step}`) })
                : t('upkeep.steps.allFine')}{' '}
            <span className="is-soft num">
              {t('upkeep.steps.took', { time: formatTimeSeconds(found.at, locale), ms: found.took_ms })}
            </span>
          </p>
        )}
      </div>
      {found !== null && (
        <ol className="steps-list">
          {found.steps.map((step) => (
            <li key={step.step} className={`is-${step.state}`}>
              <Icon name={ICONS[step.state]} size={14} />
              <span className="steps-name">{t(`upkeep.steps.name.${step.step}`)}</span>
              <span className="steps-state">{t(`upkeep.steps.state.${step.state}`)}</span>
              <span className="steps-words">{wordsOf(step)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );

  function wordsOf(step: DiagnosisStep): string {
    const ahead = Number(step.facts['ahead_ms'] ?? 0);
    const facts = { ...NO_FACTS, ...step.facts, time: formatDuration(Math.abs(ahead), locale) };
    if (step.state === 'skipped') return t(`upkeep.steps.skipped.${whySkipped(step)}`);
    if (step.state === 'warning') {
      if (step.step === 'certificate') return t('upkeep.steps.warning.certificate', facts);
      if (step.step === 'time')
        return t(ahead > 0 ? 'upkeep.steps.warning.timeAhead' : 'upkeep.steps.warning.timeBehind', facts);
      return t('upkeep.steps.warning.token');
    }
    if (step.state === 'failed') {
      if (step.step === 'time' || step.step === 'token' || (step.step === 'gateway' && step.code !== null)) {
        const words = errorWords({ code: step.code ?? 'INTERNAL' });
        return `${words.title} ${words.next}`;
      }
      return t(`upkeep.steps.failed.${step.step}`, facts);
    }
    if (step.step === 'network' && step.facts['interfaces'] === 0) return t('upkeep.steps.ok.networkLocal');
    if (step.step === 'proxy')
      return t(step.facts['used'] === 1 ? 'upkeep.steps.ok.proxyUsed' : 'upkeep.steps.ok.proxyNone', facts);
    return t(`upkeep.steps.ok.${step.step}`, facts);
  }

  function whySkipped({ step }: DiagnosisStep): 'because' | 'proxy' | 'unknown' | 'notNeeded' {
    const through = found?.steps.find((each) => each.step === 'proxy');
    if ((step === 'name' || step === 'reach') && through?.facts['used'] === 1 && through.state === 'ok') return 'proxy';
    if (step === 'certificate' && account.gateway_url.startsWith('ws:') && !culprit) return 'notNeeded';
    return culprit && culprit.step !== step ? 'because' : 'unknown';
  }
}
