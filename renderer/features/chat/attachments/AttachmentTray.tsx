import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { StagedAttachment } from '#shared/contract/attachments.ts';
import { shortName } from '#shared/domain/attachments/names.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { takeDroppedFiles } from '#renderer/ui/file-drop.ts';
import { formatBytes } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import {
  addFiles,
  dropIncoming,
  MOST_AT_ONCE,
  NOTHING_CHOSEN,
  reloadStaged,
  removeStaged,
  useStaged,
  type IncomingFile,
} from './staged.ts';
import { percentOf } from './transfers.ts';
import { useThumbnail } from './use-thumbnail.ts';
import './attachments.css';

const two = (value: number): string => String(value).padStart(2, '0');
const stamp = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;

/** Browsers call every picture from the clipboard the same. */
const PASTED_NAME = /^image\.(png|jpe?g|gif|webp)$/i;

function useAddFiles(key: ConversationKey) {
  const { t } = useTranslation();
  return (files: readonly File[], pasted = false): void => {
    if (files.length > MOST_AT_ONCE) toast({ tone: 'info', text: t('attachments.tooMany', { count: MOST_AT_ONCE }) });
    addFiles(
      key,
      files.slice(0, MOST_AT_ONCE).map((file) => {
        const ending = PASTED_NAME.exec(file.name)?.[1];
        const name =
          pasted && ending !== undefined
            ? `${t('attachments.pasted', { stamp: stamp(new Date()) })}.${ending}`
            : file.name;
        return { name, file };
      }),
    );
  };
}

/** Opens the system's file dialog, several at once. */
export function AttachButton(props: { conversation: ConversationKey }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const add = useAddFiles(props.conversation);
  return (
    <>
      <IconButton icon="attach" label={t('attachments.add')} placement="top" onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        tabIndex={-1}
        onChange={(event) => {
          add([...(event.target.files ?? [])]);
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
    </>
  );
}

/** The notice is the same as that of messages, which come all the time; files that leave are known here anyway. */
const STAGED_REST_MS = 500;

/**
 * What was chosen for this conversation and is not sent yet, above the text. While it is there, pictures can be pasted into
 * the composer and files dropped anywhere on the chat (IN8).
 */
export function AttachmentTray(props: { conversation: ConversationKey; name: string }) {
  const { t } = useTranslation();
  const { conversation: key } = props;
  const chosen = useStaged((state) => state.byConversation[key] ?? NOTHING_CHOSEN);
  const anchor = useRef<HTMLDivElement>(null);
  const [chat, setChat] = useState<HTMLElement | null>(null);
  const [over, setOver] = useState(false);
  const add = useAddFiles(key);
  const latest = useRef(add);
  latest.current = add;

  useEffect(() => {
    const questions = spaced(() => reloadStaged(key), STAGED_REST_MS);
    questions.ask();
    const stop = [
      bridge.subscribe('messages', ({ keys }) => {
        if (keys.length === 0 || keys.includes(key)) questions.ask();
      }),
      bridge.onHostState((host) => {
        if (host === 'connected') questions.ask();
      }),
    ];
    return () => {
      questions.stop();
      for (const end of stop) end();
    };
  }, [key]);

  useEffect(() => {
    const composer = anchor.current?.closest<HTMLElement>('.composer') ?? null;
    const area = anchor.current?.closest<HTMLElement>('.chat') ?? null;
    setChat(area);
    const onPaste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Cells and formatted text bring a picture of themselves along: there the text is meant.
      if (files.length === 0 || event.clipboardData?.types.includes('text/plain') === true) return;
      event.preventDefault();
      latest.current(files, true);
    };
    const stopTaking =
      area === null ? null : takeDroppedFiles(area, { onOver: setOver, onFiles: (files) => latest.current(files) });
    composer?.addEventListener('paste', onPaste);
    return () => {
      composer?.removeEventListener('paste', onPaste);
      stopTaking?.();
    };
  }, [key]);

  const empty = chosen.staged.length === 0 && chosen.incoming.length === 0;
  return (
    <div ref={anchor} className="tray-anchor">
      {!empty && (
        <ul className="tray" aria-label={t('attachments.tray')}>
          {chosen.staged.map((file) => (
            <StagedChip key={file.staged_id} file={file} onRemove={() => void removeStaged(key, file.staged_id)} />
          ))}
          {chosen.incoming.map((file) => (
            <IncomingChip key={file.id} file={file} onRemove={() => dropIncoming(key, file)} />
          ))}
        </ul>
      )}
      {over &&
        chat !== null &&
        createPortal(
          <div className="drop-target" role="status">
            <Icon name="upload" size={20} />
            <span className="foreign">{t('attachments.drop', { name: props.name })}</span>
          </div>,
          chat,
        )}
    </div>
  );
}

function StagedChip(props: { file: StagedAttachment; onRemove: () => void }) {
  const { t, i18n } = useTranslation();
  const { name, bytes, kind, ref } = props.file;
  const small = useThumbnail(ref);
  return (
    <li className={`chip ${kind === 'image' ? 'is-picture' : ''}`} title={name}>
      {typeof small === 'string' ? (
        <img className="chip-picture" src={small} alt={t('attachments.picture', { name })} />
      ) : (
        <Icon name={kind === 'image' ? 'image' : 'file'} size={18} />
      )}
      <span className="chip-text">
        <bdi className="chip-name">{shortName(name, 18)}</bdi>
        <span className="chip-note num">{formatBytes(bytes, currentLocale(i18n.language))}</span>
      </span>
      <IconButton
        icon="close"
        iconSize={12}
        label={t('attachments.remove', { name: shortName(name, 22) })}
        onClick={props.onRemove}
      />
    </li>
  );
}

function IncomingChip(props: { file: IncomingFile; onRemove: () => void }) {
  const { t } = useTranslation();
  const { name, bytes, done, error } = props.file;
  return (
    <li className={`chip ${error === null ? '' : 'is-failed'}`} role={error === null ? undefined : 'alert'}>
      <Icon name={error === null ? 'file' : 'warning'} size={18} />
      <span className="chip-text">
        <bdi className="chip-name">{shortName(name, 18)}</bdi>
        <span className="chip-note num">
          {error === null ? t('attachments.percent', { percent: percentOf(done, bytes) }) : errorWords(error).title}
        </span>
        {error === null && (
          <progress className="transfer-bar" value={done} max={bytes} aria-label={t('attachments.reading', { name })} />
        )}
      </span>
      <IconButton
        icon="close"
        iconSize={12}
        label={t('attachments.remove', { name: shortName(name, 22) })}
        onClick={props.onRemove}
      />
    </li>
  );
}
