import { Modal } from 'antd';
import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './Button.tsx';

/** A window over the window. Esc closes it; the focus stays inside and returns afterwards. */
export function Dialog(props: {
  open: boolean;
  title: ReactNode;
  width?: number;
  onClose: () => void;
  footer?: ReactNode;
  /** False while something runs that closing would not stop. */
  closable?: boolean;
  children: ReactNode;
}) {
  return (
    <Modal
      open={props.open}
      title={props.title}
      width={props.width ?? 520}
      onCancel={props.onClose}
      footer={props.footer === undefined ? null : <div className="ui-dialog-footer">{props.footer}</div>}
      closable={props.closable ?? true}
      mask={{ closable: false }}
      centered
      destroyOnHidden
      rootClassName="ui-dialog"
    >
      {props.children}
    </Modal>
  );
}

/** Asks before something happens: Enter confirms, Esc cancels (RC10). The confirming button has the focus from the start. */
export function ConfirmDialog(props: {
  open: boolean;
  title: ReactNode;
  confirm: ReactNode;
  cancel: ReactNode;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  width?: number;
  onConfirm: () => void;
  onCancel: () => void;
  children?: ReactNode;
}) {
  const confirmButton = useRef<HTMLButtonElement>(null);
  const { open, busy = false, disabled = false, onConfirm } = props;
  // The dialog takes the focus only when its opening has been drawn; Enter counts from the moment it is asked (RC10).
  useEffect(() => {
    if (!open || busy || disabled) return undefined;
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
  }, [open, busy, disabled, onConfirm]);
  return (
    <Modal
      open={props.open}
      title={props.title}
      width={props.width ?? 440}
      onCancel={props.onCancel}
      closable={false}
      mask={{ closable: false }}
      centered
      destroyOnHidden
      rootClassName="ui-dialog"
      afterOpenChange={(open) => open && confirmButton.current?.focus()}
      footer={
        <div className="ui-dialog-footer is-reversed">
          {/* First in the document, so that the focus trap starts on it; drawn last. */}
          <Button
            ref={confirmButton}
            look={props.danger ? 'danger' : 'primary'}
            busy={props.busy ?? false}
            disabled={props.disabled ?? false}
            onClick={props.onConfirm}
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
