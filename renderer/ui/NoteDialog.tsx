import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from './Dialog.tsx';
import { ErrorCode } from './ErrorCode.tsx';
import { Field, Input } from './fields.tsx';

/** Asks why before something is done: a line that has to be filled. Enter confirms, Esc cancels. */
export function NoteDialog(props: {
  title: ReactNode;
  label: ReactNode;
  hint?: string;
  confirm: ReactNode;
  cancel: ReactNode;
  danger?: boolean;
  busy: boolean;
  problem: { readonly text: string; readonly code: string } | null;
  maxLength: number;
  onConfirm: (note: string) => void;
  onCancel: () => void;
  children?: ReactNode;
}) {
  const [note, setNote] = useState('');
  const ready = note.trim() !== '' && !props.busy;
  return (
    <ConfirmDialog
      open
      title={props.title}
      confirm={props.confirm}
      cancel={props.cancel}
      danger={props.danger ?? false}
      busy={props.busy}
      disabled={!ready}
      onConfirm={() => props.onConfirm(note.trim())}
      onCancel={props.onCancel}
    >
      {props.children}
      <Field label={props.label} id="ui-note">
        <Input
          id="ui-note"
          autoFocus
          value={note}
          maxLength={props.maxLength}
          placeholder={props.hint}
          onChange={(event) => setNote(event.target.value)}
        />
      </Field>
      {props.problem !== null && (
        <p className="ui-field-error" role="alert">
          {props.problem.text} <ErrorCode code={props.problem.code} />
        </p>
      )}
    </ConfirmDialog>
  );
}
