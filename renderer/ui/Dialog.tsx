import { Modal } from 'antd';
import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './Button.tsx';
import { useReturnFocus } from './return-focus.ts';

const FIELDS = 'input, textarea, select, button, a[href], [tabindex="0"]';

/** The focus trap starts at the ×, where Enter would close what was just asked for: the first field is meant, or the button that goes on. */
function startAtContent(dialog: Element | null): void {
  if (!dialog || !document.activeElement?.matches('body, .ant-modal-close')) return;
  const first = [...(dialog.querySelector('.ant-modal-body')?.querySelectorAll<HTMLElement>(FIELDS) ?? [])].find(
    (element) => !element.matches(':disabled, [tabindex="-1"]') && element.getClientRects().length > 0,
  );
  (first ?? dialog.querySelector<HTMLElement>('.ui-button-primary:not(:disabled)'))?.focus();
}

interface DialogProps {
  readonly open: boolean;
  readonly title: ReactNode;
  readonly width?: number;
  readonly onClose: () => void;
  readonly footer?: ReactNode;
  /** False while something runs that closing would not stop. */
  readonly closable?: boolean;
  readonly children: ReactNode;
}

/** A window over the window. Esc closes it; the focus stays inside and returns afterwards. */
export function Dialog(props: DialogProps) {
  // Closed is gone, whether `open` says so or nobody draws it any more: there is one way in which the focus returns.
  return props.open ? <OpenDialog {...props} /> : null;
}

function OpenDialog(props: DialogProps) {
  const panel = useRef<HTMLDivElement>(null);
  const there = useRef(false);
  useReturnFocus();
  // What had the focus may have gone with a step of the dialog's work, such as the button that started it.
  useEffect(() => {
    if (there.current && document.activeElement === document.body) startAtContent(panel.current);
  });
  return (
    <Modal
      open
      title={props.title}
      width={props.width ?? 520}
      onCancel={props.onClose}
      footer={props.footer === undefined ? null : <div className="ui-dialog-footer">{props.footer}</div>}
      closable={props.closable ?? true}
      mask={{ closable: false }}
      centered
      rootClassName="ui-dialog"
      panelRef={panel}
      afterOpenChange={() => {
        there.current = true;
        startAtContent(panel.current);
      }}
    >
      {props.children}
    </Modal>
  );
}

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: ReactNode;
  readonly confirm: ReactNode;
  readonly cancel: ReactNode;
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly width?: number;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children?: ReactNode;
}

/** Asks before something happens: Enter confirms, Esc cancels (RC10). The confirming button has the focus from the start. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return props.open ? <OpenConfirmDialog {...props} /> : null;
}

function OpenConfirmDialog(props: ConfirmDialogProps) {
  const confirmButton = useRef<HTMLButtonElement>(null);
  const { busy = false, disabled = false, onConfirm } = props;
  useReturnFocus();
  // The dialog takes the focus only when its opening has been drawn; Enter counts from the moment it is asked (RC10).
  useEffect(() => {
    if (busy || disabled) return undefined;
    const confirmByEnter = (event: KeyboardEvent): void => {
      // The Enter of an input method confirms nothing (PV1); some report it only by its key code.
      if (event.key !== 'Enter' || event.repeat || event.isComposing || event.keyCode === 229) return;
      if (event.defaultPrevented) return;
      if (event.target instanceof HTMLElement && event.target.closest('.ui-dialog button, .ui-dialog textarea')) return;
      event.preventDefault();
      event.stopPropagation();
      onConfirm();
    };
    document.addEventListener('keydown', confirmByEnter, { capture: true });
    return () => document.removeEventListener('keydown', confirmByEnter, { capture: true });
  }, [busy, disabled, onConfirm]);
  return (
    <Modal
      open
      title={props.title}
      width={props.width ?? 440}
      onCancel={props.onCancel}
      closable={false}
      mask={{ closable: false }}
      centered
      rootClassName="ui-dialog"
      afterOpenChange={() => {
        // Whoever types in it already goes on typing: the opening is drawn later than its field is there.
        if (document.activeElement?.closest('.ui-dialog .ant-modal-body')) return;
        confirmButton.current?.focus();
      }}
      footer={
        <div className="ui-dialog-footer is-reversed">
          {/* First in the document, so that the focus trap starts on it; drawn last. */}
          <Button
            ref={confirmButton}
            look={props.danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={disabled}
            onClick={onConfirm}
          >
            {props.confirm}
          </Button>
          <Button onClick={props.onCancel}>{props.cancel}</Button>
        </div>
      }
    >
      {props.children}
    </Modal>
  );
}
