import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AttachmentState } from '#shared/contract/attachments.ts';
import type { MessageView, OutgoingView } from '#shared/contract/views.ts';
import { shortName } from '#shared/domain/attachments/names.ts';
import type { Attachment } from '#shared/protocol/entities.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { formatBytes } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import { saveAttachment } from './save.ts';
import { percentOf, useTransfer } from './transfers.ts';
import { useThumbnail } from './use-thumbnail.ts';
import { useViewer } from './viewer.ts';
import './attachments.css';

/** Pixels that a picture takes at most in a bubble. */
const BOX = { width: 280, height: 240 };
const UNKNOWN = { width: 220, height: 165 };

/** Its place is taken before it is here, so that nothing jumps. */
function boxOf(width: number | null | undefined, height: number | null | undefined) {
  if (!width || !height) return UNKNOWN;
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(36, Math.round(height * scale)) };
}

/** What there is of a message's file; pictures of a usual size begin to load when they come into view. */
function useAttachmentState(message: MessageView) {
  const [state, setState] = useState<AttachmentState | null>(null);
  const transfer = useTransfer(`m-${message.key}`);
  const ask = useCallback(
    async (automatic: boolean) => {
      const answer = await bridge.call('attachments.open', { message_key: message.key, automatic });
      if (answer.ok) setState(answer.result);
      else setState((before) => before && { ...before, state: 'failed', code: answer.error.code });
    },
    [message.key],
  );
  const ended = transfer?.state === 'done' || transfer?.state === 'failed' || transfer?.state === 'gone';
  useEffect(() => void ask(true), [ask, ended]);
  const moving = transfer !== undefined && !ended && state?.state !== 'here';
  return {
    state:
      state !== null && moving
        ? { ...state, state: 'loading' as const, done_bytes: transfer.done_bytes, code: transfer.code }
        : state,
    load: () => void ask(false),
    stop: () => void bridge.call('attachments.stop', { message_key: message.key }),
  };
}

export function AttachmentBody(props: { message: MessageView; attachment: Attachment }) {
  const { message, attachment } = props;
  const { t } = useTranslation();
  const { state, load, stop } = useAttachmentState(message);
  const [saving, setSaving] = useState(false);
  const shown = message.kind === 'image' && state?.picture ? state.ref : null;
  const small = useThumbnail(shown);

  const save = async (): Promise<void> => {
    setSaving(true);
    const saved = await saveAttachment(message.key, attachment.name);
    setSaving(false);
    if (!saved.ok) {
      const words = errorWords(saved.error);
      toast({ tone: 'failed', text: words.title, note: errorLine(words) });
    } else if (saved.name !== null)
      toast({ tone: 'done', text: t('attachments.saved', { name: shortName(saved.name, 40) }) });
  };

  const loading = state?.state === 'loading';
  const failed = state?.state === 'failed';
  const progress = loading && (
    <>
      <progress className="transfer-bar" value={state.done_bytes} max={state.bytes} />
      <span className="num attachment-note">
        {state.code === 'OFFLINE'
          ? t('attachments.waitingNetwork')
          : state.done_bytes === 0
            ? t('attachments.waitingLoad')
            : t('attachments.loading', { percent: percentOf(state.done_bytes, state.bytes) })}
      </span>
    </>
  );
  const problem = failed && (
    <span className="attachment-note is-failed" role="alert">
      {errorWords({ code: state.code ?? 'INTERNAL' }).title} <ErrorCode code={state.code} />
    </span>
  );

  // A picture, or the place of one that is still on its way.
  const isPicture = message.kind === 'image' && (state === null || loading || shown !== null) && small !== null;
  if (isPicture || (message.kind === 'image' && shown === null && (state === null || loading))) {
    const size = boxOf(state?.picture?.width ?? attachment.width, state?.picture?.height ?? attachment.height);
    if (typeof small === 'string')
      return (
        <button
          type="button"
          className="picture"
          aria-label={t('attachments.open', { name: shortName(attachment.name, 40) })}
          onClick={() =>
            useViewer.getState().show({ ref: `m-${message.key}`, name: attachment.name, messageKey: message.key })
          }
        >
          <img src={small} alt="" width={size.width} height={size.height} draggable={false} />
        </button>
      );
    return (
      <div className="picture is-coming" style={size}>
        <Icon name="image" size={22} />
        {progress}
        {loading && (
          <Button look="link" onClick={stop}>
            {t('attachments.stop')}
          </Button>
        )}
      </div>
    );
  }

  const large = message.kind === 'image' && state?.state === 'absent';
  return (
    <div className="file">
      <Icon name={message.kind === 'image' ? 'image' : 'file'} size={22} />
      <div className="file-text">
        <bdi className="file-name" title={shortName(attachment.name, 200)}>
          {shortName(attachment.name, 36)}
        </bdi>
        <span className="attachment-note">
          <FileSize bytes={attachment.bytes} />
          {message.kind === 'image' &&
            state?.state === 'here' &&
            (!state.picture || small === null) &&
            ` · ${t('attachments.notShown')}`}
        </span>
        {progress}
        {problem}
      </div>
      <div className="file-actions">
        {failed && (
          <Button look="link" onClick={load}>
            {t('attachments.retry')}
          </Button>
        )}
        {large && (
          <Button look="link" onClick={load}>
            {t('attachments.load')}
          </Button>
        )}
        {loading ? (
          <Button look="link" onClick={stop}>
            {t('attachments.stop')}
          </Button>
        ) : (
          !failed &&
          !large && (
            <Button look="link" icon="download" busy={saving} onClick={() => void save()}>
              {t('attachments.save')}
            </Button>
          )
        )}
      </div>
    </div>
  );
}

function FileSize(props: { bytes: number }) {
  const { i18n } = useTranslation();
  return <span className="num">{formatBytes(props.bytes, currentLocale(i18n.language))}</span>;
}

/** A file of ours on its way: what it is, and how far. */
export function OutgoingFile(props: { outgoing: OutgoingView; onCancel: () => void }) {
  const { outgoing } = props;
  const { t } = useTranslation();
  const ref = `o-${outgoing.client_msg_id}`;
  const transfer = useTransfer(ref);
  const { file } = outgoing;
  const small = useThumbnail(file?.kind === 'image' ? ref : null);
  if (file === undefined) return null;
  const waiting = outgoing.state === 'queued' && !file.uploaded;
  const words = !waiting
    ? null
    : transfer?.state === 'running'
      ? t('attachments.uploading', { percent: percentOf(transfer.done_bytes, transfer.bytes) })
      : transfer?.code === 'OFFLINE'
        ? t('attachments.waitingNetwork')
        : (transfer?.code ?? null) !== null
          ? t('attachments.waitingBusy')
          : t('attachments.waiting');
  return (
    <div className="outgoing-file">
      {typeof small === 'string' ? (
        <span className="picture">
          <img src={small} alt={t('attachments.picture', { name: file.name })} {...boxOf(file.width, file.height)} />
        </span>
      ) : (
        <div className="file">
          <Icon name={file.kind === 'image' ? 'image' : 'file'} size={22} />
          <div className="file-text">
            <bdi className="file-name">{shortName(file.name, 36)}</bdi>
            <span className="attachment-note">
              <FileSize bytes={file.bytes} />
            </span>
          </div>
        </div>
      )}
      {words !== null && (
        <div className="outgoing-progress">
          <progress className="transfer-bar" value={transfer?.done_bytes ?? 0} max={file.bytes} aria-label={words} />
          <span className="num attachment-note">{words}</span>
          <Button look="link" onClick={props.onCancel}>
            {t('attachments.cancelUpload')}
          </Button>
        </div>
      )}
    </div>
  );
}
