import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppError } from '#shared/contract/errors.ts';
import { NUMBERS_LIMIT, parseNumbers } from '#shared/search/numbers.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Segmented, TextArea } from '#renderer/ui/fields.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { QueryForm } from './query.ts';

/** Up to 10,000 numbers by pasting or from a file (SR2): counted, merged and checked while they are typed. */
export function NumbersDialog(props: {
  numbers: readonly string[];
  kind: QueryForm['numberKind'];
  onUse: (numbers: readonly string[], kind: QueryForm['numberKind']) => void;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [text, setText] = useState(() => props.numbers.join('\n'));
  const [kind, setKind] = useState(props.kind);
  const [reading, setReading] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const load = async (): Promise<void> => {
    setError(null);
    setReading(true);
    const picked = await bridge.pickFile('.txt,.csv,.tsv,.xlsx');
    const handle = picked.ok ? picked.result?.handle : undefined;
    const read = handle === undefined ? null : await bridge.call('search.numberFile', { file: handle });
    setReading(false);
    if (!picked.ok) setError(picked.error);
    else if (read?.ok === false) setError(read.error);
    else if (read !== null) setText((before) => (before === '' ? read.result.text : `${before}\n${read.result.text}`));
  };
  const settled = useDeferredValue(text);
  const parsed = useMemo(() => parseNumbers(settled), [settled]);
  const usable = parsed.numbers.length > 0 && !parsed.tooMany;
  const n = (value: number): string => formatNumber(value, locale);
  return (
    <Dialog
      open
      title={t('numbers.title')}
      width={560}
      onClose={props.onClose}
      footer={
        <>
          <Button className="is-start" look="quiet" icon="file" disabled={reading} onClick={() => void load()}>
            {t(reading ? 'numbers.reading' : 'numbers.load')}
          </Button>
          <Button onClick={() => setText('')} disabled={text === ''}>
            {t('numbers.clear')}
          </Button>
          <Button look="primary" disabled={!usable} onClick={() => props.onUse(parsed.numbers, kind)}>
            {t('numbers.use')}
          </Button>
        </>
      }
    >
      <div className="numbers">
        <Segmented
          label={t('numbers.kind')}
          value={kind}
          onChange={setKind}
          options={[
            { value: 'orders', label: t('numbers.orders') },
            { value: 'violations', label: t('numbers.violations') },
          ]}
        />
        <TextArea
          autoFocus
          rows={10}
          className="num numbers-text"
          value={text}
          placeholder={t('numbers.paste')}
          aria-label={t('numbers.label')}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || (!event.ctrlKey && !event.metaKey) || !usable) return;
            event.preventDefault();
            props.onUse(parsed.numbers, kind);
          }}
          onChange={(event) => setText(event.target.value)}
        />
        <p className="numbers-counts num" aria-live="polite">
          <Tag tone={parsed.numbers.length > 0 ? 'accent' : 'neutral'}>
            {t('numbers.found', { n: n(parsed.numbers.length) })}
          </Tag>
          {parsed.duplicates.length > 0 && <Tag>{t('numbers.duplicates', { n: n(parsed.duplicates.length) })}</Tag>}
          {parsed.invalid.length > 0 && (
            <Tag tone="failed">{t('numbers.invalid', { n: n(parsed.invalid.length) })}</Tag>
          )}
          {parsed.tooMany && <span className="numbers-over">{t('numbers.tooMany', { max: n(NUMBERS_LIMIT) })}</span>}
        </p>
        {parsed.invalid.length > 0 && (
          <ul className="numbers-invalid">
            {parsed.invalid.slice(0, 100).map((one, index) => (
              <li key={`${one.line}-${index}`}>
                <span className="num">{t('numbers.line', { line: one.line })}</span>
                <span className="foreign ellipsis">{one.text}</span>
              </li>
            ))}
          </ul>
        )}
        {error !== null && (
          <p className="numbers-over" role="alert">
            {errorWords(error).title} {errorWords(error).next}
          </p>
        )}
      </div>
    </Dialog>
  );
}
