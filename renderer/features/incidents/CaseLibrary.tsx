import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Input, MultiSelect, Select } from '#renderer/ui/fields.tsx';
import { dayKey } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { MISTAKE_TYPES, type MistakeType } from '#shared/domain/remedy/mistakes.ts';

const ANY = '*';

function failed(error: AppError): void {
  const words = errorWords(error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}

/** RM5: closed incidents without anybody's data; search by type, tag and text, share as a file. */
export function CaseLibrary() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [type, setType] = useState<MistakeType | typeof ANY>(ANY);
  const [tags, setTags] = useState<readonly string[]>([]);
  const [saved, setSaved] = useState<{ readonly name: string; readonly handle: string } | null>(null);
  const filter = {
    limit: 500,
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(type === ANY ? {} : { types: [type] }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  };
  const asked = useAsk('cases.search', filter);
  const { reload } = asked;
  useEffect(() => bridge.subscribe('incidents', reload), [reload]);
  const known = [...new Set(asked.data?.cases.flatMap((entry) => entry.tags) ?? [])];

  const share = async (): Promise<void> => {
    const target = await bridge.pickSave(
      `${t('incidents.cases.fileName')}-${dayKey(localNow()).replaceAll('-', '')}.json`,
    );
    if (!target.ok) return failed(target.error);
    if (target.result === null) return;
    const answer = await bridge.call('cases.share', { filter, target: target.result.handle });
    if (!answer.ok) return failed(answer.error);
    // A browser can't be handed a path: the host keeps what was written for the page to fetch.
    if (bridge.host === 'browser') setSaved(target.result);
    toast({ tone: 'done', text: t('incidents.cases.shared', { count: answer.result.cases }) });
  };
  const read = async (): Promise<void> => {
    const file = await bridge.pickFile('.json');
    if (!file.ok) return failed(file.error);
    if (file.result === null) return;
    const answer = await bridge.call('cases.read', { file: file.result.handle });
    if (!answer.ok) return failed(answer.error);
    toast({
      tone: 'done',
      text: t('incidents.cases.readDone', { count: answer.result.cases, added: answer.result.added }),
    });
  };

  return (
    <div className="incidents-list">
      <div className="incidents-filter" role="search" aria-label={t('incidents.cases.search')}>
        <Input
          icon="search"
          aria-label={t('incidents.cases.search')}
          placeholder={t('incidents.cases.placeholder')}
          maxLength={256}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Select
          label={t('incidents.filter.type')}
          value={type}
          width={128}
          onChange={setType}
          options={[
            { value: ANY, label: t('incidents.filter.anyType') },
            ...MISTAKE_TYPES.map((value) => ({ value, label: t(`incidents.type.${value}`) })),
          ]}
        />
        <MultiSelect
          label={t('incidents.cases.tags')}
          value={tags}
          options={known.map((value) => ({ value, label: value }))}
          onChange={setTags}
          placeholder={t('incidents.cases.tags')}
          free
        />
        <span className="remedy-space" />
        {saved !== null && (
          <a
            className="ui-button ui-button-link ui-button-normal"
            href={new URL(`files/download/${saved.handle}`, document.baseURI).href}
            download={saved.name}
          >
            <Icon name="download" size={14} />
            {saved.name}
          </a>
        )}
        <Button icon="download" disabled={(asked.data?.cases.length ?? 0) === 0} onClick={() => void share()}>
          {t('incidents.cases.share')}
        </Button>
        <Button onClick={() => void read()}>{t('incidents.cases.read')}</Button>
      </div>
      {asked.data === null ? (
        <Pending error={asked.error} onRetry={reload} />
      ) : asked.data.cases.length === 0 ? (
        <StateMessage icon="records" title={t('incidents.cases.empty')} note={t('incidents.cases.emptyNote')} />
      ) : (
        <ul className="cases">
          {asked.data.cases.map((entry) => (
            <li key={entry.case_id}>
              <p className="cases-head">
                <strong>{t(`incidents.type.${entry.type}`)}</strong>
                <Tag>{t(`incidents.severity.${entry.severity}`)}</Tag>
                {entry.tags.map((tag) => (
                  <Tag key={tag} tone="accent">
                    {tag}
                  </Tag>
                ))}
                <span className="remedy-space" />
                {entry.code !== null && <ErrorCode code={entry.code} />}
                <span className="num is-soft">{entry.month}</span>
              </p>
              <p className="foreign">{entry.message === '' ? t('incidents.cases.noMessage') : entry.message}</p>
              {entry.notes.map((note, index) => (
                <p key={index} className="foreign is-soft">
                  {note}
                </p>
              ))}
              <p className="foreign">
                {t('incidents.cases.resolution')}: {entry.resolution}
              </p>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
