import type { OpenedSeal } from '#shared/contract/remedy.ts';
import { Button } from './Button.tsx';
import { ErrorCode } from './ErrorCode.tsx';
import { Dialog } from './Dialog.tsx';
import { Icon } from './Icon.tsx';
import { LoadingState } from './states.tsx';

export interface SealWords {
  readonly title: string;
  readonly loading: string;
  readonly close: string;
  readonly noText: string;
  readonly picture: (name: string) => string;
  readonly save: string;
  readonly saveHint: string;
  readonly saved: string;
  readonly fileGone: string;
  readonly sent: (seal: OpenedSeal) => string;
  readonly recalled: (seal: OpenedSeal) => string;
  readonly read: (seal: OpenedSeal) => string;
  readonly reason: (seal: OpenedSeal) => string | null;
  readonly audited: (seal: OpenedSeal) => string;
}

/** Sealed content (RC19), with who recalled it, and under which name this opening was audited. */
export function SealDialog(props: {
  opened: OpenedSeal | null;
  problem: { readonly text: string; readonly code: string } | null;
  /** How saving its file stands. */
  file: 'idle' | 'saving' | 'saved';
  words: SealWords;
  onSave: () => void;
  onClose: () => void;
}) {
  const { opened, words } = props;
  const reason = opened === null ? null : words.reason(opened);
  return (
    <Dialog
      open
      title={words.title}
      width={460}
      onClose={props.onClose}
      footer={<Button onClick={props.onClose}>{words.close}</Button>}
    >
      {props.problem !== null && (
        <p role="alert">
          {props.problem.text} <ErrorCode code={props.problem.code} />
        </p>
      )}
      {opened === null ? (
        props.problem === null && <LoadingState label={words.loading} rows={2} />
      ) : (
        <div className="ui-seal">
          <blockquote className="ui-seal-text foreign">
            {opened.text ?? opened.attachment_name ?? words.noText}
          </blockquote>
          {opened.file?.picture && (
            <img
              className="ui-seal-picture"
              src={`attachments/${opened.file.picture}`}
              alt={words.picture(opened.file.name)}
            />
          )}
          {opened.file && !opened.file.here && <p className="ui-seal-audit">{words.fileGone}</p>}
          {opened.file?.here && (
            <Button
              size="small"
              icon="download"
              className="ui-seal-save"
              title={words.saveHint}
              busy={props.file === 'saving'}
              onClick={props.onSave}
            >
              {props.file === 'saved' ? words.saved : words.save}
            </Button>
          )}
          <ul className="ui-seal-facts foreign">
            <li>{words.sent(opened)}</li>
            <li>{words.recalled(opened)}</li>
            <li>{words.read(opened)}</li>
            {reason !== null && <li>{reason}</li>}
          </ul>
          <p className="ui-seal-audit" role="status">
            <Icon name="info" size={13} />
            {words.audited(opened)}
          </p>
        </div>
      )}
    </Dialog>
  );
}
