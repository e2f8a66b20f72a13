import { Modal } from 'antd';
import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from './Button.tsx';
import { ReturnFocus } from './return-focus.ts';

const FIELDS = 'input, textarea, select, button, a[href], [tabindex="0"]';

/** The focus trap starts at the ×, where Enter would close what was just asked for: the first field is meant, or the button that goes on. */
function startAtContent(dialog: Element | null): void {
  if (!dialog || !document.activeElement?.matches('body, .ant-modal-close')) return;
  const first = [...(dialog.querySelector('.ant-modal-body')?.querySelectorAll<HTMLElement>(FIELDS) ?? [])].find(
    (element) => !element.matches(':disabled, [tabindex="-1"]') && element.getClientRects().length > 0,
  );
  (first ?? dialog.querySelector<HTMLElement>('.ui-button-primary:not(:disabled)'))?.focus();
}

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
  const panel = useRef<HTMLDivElement>(null);
  const there = useRef(false);
  // What had the focus may have gone with a step of the dialog's work, such as the button that started it.
  useEffect(() => {
    if (there.current && document.activeElement === document.body) startAtContent(panel.current);
  });
  return (
    <>
      {props.open && <ReturnFocus />}
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
        panelRef={panel}
        afterOpenChange={(open) => {
          there.current = open;
          if (open) startAtContent(panel.current);
        }}
      >
        {props.children}
      </Modal>
    </>
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
    <>
      {props.open && <ReturnFocus />}
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
    </>
  );
}
