import type { AppError } from '#shared/contract/errors.ts';
import type { OpenedSeal } from '#shared/contract/remedy.ts';
import type { zhCN } from '#shared/i18n/index.ts';
import { Button } from './Button.tsx';
import { ErrorCode } from './ErrorCode.tsx';
import { Dialog } from './Dialog.tsx';
import { formatStamp } from './format.ts';
import { Icon } from './Icon.tsx';
import { LoadingState } from './states.tsx';
import { errorWords } from './words.ts';

type Key = 'common.close' | `incidents.seal.${keyof typeof zhCN.incidents.seal}`;

/** The part of i18next's `t` that is needed here: this folder knows no catalogue (and its type is too deep to pass through). */
export type SealSay = (key: Key, values: Readonly<Record<string, string>>) => string;

/** Sealed content (RC19), with who recalled it, and under which name this opening was audited. */
export function SealDialog(props: {
  seal: {
    /** Null: on its way, or refused. */
    readonly opened: OpenedSeal | null;
    readonly error: AppError | null;
    /** How saving its file stands. */
    readonly file: 'idle' | 'saving' | 'saved';
  };
  say: SealSay;
  onSave: () => void;
  onClose: () => void;
}) {
  const { say } = props;
  const { opened, error, file } = props.seal;
  return (
    <Dialog
      open
      title={say('incidents.seal.title', {})}
      width={460}
      onClose={props.onClose}
      footer={<Button onClick={props.onClose}>{say('common.close', {})}</Button>}
    >
      {error !== null && (
        <p role="alert">
          {errorWords(error).title} <ErrorCode code={error.code} />
        </p>
      )}
      {opened === null ? (
        error === null && <LoadingState label={say('incidents.seal.loading', {})} rows={2} />
      ) : (
        <div className="ui-seal">
          <blockquote className="ui-seal-text foreign">
            {opened.text ?? opened.attachment_name ?? say('incidents.seal.noText', {})}
          </blockquote>
          {opened.file?.picture && (
            <img
              className="ui-seal-picture"
              src={`attachments/${opened.file.picture}`}
              alt={say('incidents.seal.picture', { name: opened.file.name })}
            />
          )}
          {opened.file && !opened.file.here && <p className="ui-seal-audit">{say('incidents.seal.fileGone', {})}</p>}
          {opened.file?.here && (
            <Button
              size="small"
              icon="download"
              className="ui-seal-save"
              title={say('incidents.seal.saveHint', {})}
              busy={file === 'saving'}
              onClick={props.onSave}
            >
              {say(file === 'saved' ? 'incidents.seal.saved' : 'incidents.seal.save', {})}
            </Button>
          )}
          <ul className="ui-seal-facts foreign">
            {factsOf(opened, say).map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
          <p className="ui-seal-audit" role="status">
            <Icon name="info" size={13} />
            {say('incidents.seal.audited', { actor: opened.audited.actor, time: formatStamp(opened.audited.at) })}
          </p>
        </div>
      )}
    </Dialog>
  );
}

/** Who sent it, who took it back and when, what was read of it, and why. */
function factsOf(seal: OpenedSeal, say: SealSay): readonly string[] {
  return [
    say('incidents.seal.sent', { name: seal.sender.name, time: formatStamp(seal.sent_at) }),
    say('incidents.seal.recalled', { name: seal.operator.name, time: formatStamp(seal.recalled_at) }),
    seal.read_at === null
      ? say('incidents.seal.unread', {})
      : say('incidents.seal.read', { time: formatStamp(seal.read_at) }),
    ...(seal.reason === null ? [] : [say('incidents.seal.reason', { reason: seal.reason })]),
  ];
}
