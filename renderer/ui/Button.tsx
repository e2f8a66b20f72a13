import { Tooltip } from 'antd';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import type { HintMarks } from './HintLayer.tsx';
import { Icon, type IconName } from './Icon.tsx';

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type'>;

interface ButtonProps extends Native {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger' | 'link';
  readonly size?: 'small' | 'normal';
  readonly icon?: IconName;
  readonly busy?: boolean;
  readonly submit?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children?: ReactNode;
}

export function Button({
  look = 'plain',
  size = 'normal',
  icon,
  busy,
  submit,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={submit ? 'submit' : 'button'}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`ui-button ui-button-${look} ui-button-${size} ${className ?? ''}`}
    >
      {busy ? <span className="ui-spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={14} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Native {
  readonly icon: IconName;
  /** Both the screen reader's name and the tooltip. */
  readonly label: string;
  readonly pressed?: boolean;
  readonly iconSize?: number;
  readonly placement?: 'top' | 'bottom' | 'right' | 'left';
  readonly ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  icon,
  label,
  pressed,
  iconSize = 16,
  placement = 'bottom',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      {...rest}
      {...({ 'data-hint': label, 'data-hint-side': placement } satisfies HintMarks)}
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      className={`ui-icon-button ${className ?? ''}`}
    >
      <Icon name={icon} size={iconSize} />
    </button>
  );
}

/** For what holds more than a line of text; a button's label is shown by the one layer of the window. */
export function Hint(props: { text: ReactNode; placement?: 'top' | 'bottom' | 'right' | 'left'; children: ReactNode }) {
  return (
    <Tooltip title={props.text} placement={props.placement ?? 'top'} mouseEnterDelay={0.4}>
      {props.children}
    </Tooltip>
  );
}
