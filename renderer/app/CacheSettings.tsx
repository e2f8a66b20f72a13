import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { Settings } from '#shared/contract/views.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Select } from '#renderer/ui/fields.tsx';
import { formatBytes } from '#renderer/ui/format.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

const MIB = 1024 * 1024;
const SIZES: readonly number[] = [256, 1_024, 4_096, 16_384, 65_536];

/** IN8: how much room pictures and files may take on this machine, and the way to empty it. */
export function CacheSettings(props: {
  settings: Settings;
  onChange: (patch: ProcedureInput<'settings.set'>) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const now = props.settings.attachment_cache_mb ?? 1_024;
  const used = useAsk('attachments.cache', {});
  const clear = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('attachments.clear', {});
    setBusy(false);
    setAsking(false);
    used.reload();
    toast(
      answer.ok
        ? { tone: 'done', text: t('attachments.cache.cleared') }
        : { tone: 'failed', text: errorWords(answer.error).title },
    );
  };
  return (
    <div className="settings-line">
      <div>
        <p>{t('attachments.cache.size')}</p>
        {used.data && (
          <p className="settings-note num">
            {t('attachments.cache.note', { used: formatBytes(used.data.bytes, locale), count: used.data.files })}
          </p>
        )}
      </div>
      <span className="settings-pair">
        <Button
          size="small"
          look="quiet"
          disabled={!used.data || used.data.files === 0}
          onClick={() => setAsking(true)}
        >
          {t('attachments.cache.clear')}
        </Button>
        <Select
          label={t('attachments.cache.size')}
          value={String(now)}
          width={120}
          onChange={(value) => props.onChange({ attachment_cache_mb: Number(value) })}
          options={[...new Set([...SIZES, now])]
            .toSorted((one, other) => one - other)
            .map((mib) => ({ value: String(mib), label: formatBytes(mib * MIB, locale) }))}
        />
      </span>
      {asking && (
        <ConfirmDialog
          open
          danger
          title={t('attachments.cache.clearTitle')}
          confirm={t('attachments.cache.clear')}
          cancel={t('common.cancel')}
          busy={busy}
          onConfirm={() => void clear()}
          onCancel={() => setAsking(false)}
        >
          <p>{t('attachments.cache.clearText')}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
