import { Select as AntSelect, Switch as AntSwitch } from 'antd';
import type { InputHTMLAttributes, ReactNode, Ref, TextareaHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon.tsx';

export function Input({
  icon,
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { icon?: IconName; ref?: Ref<HTMLInputElement> }) {
  return (
    <span className={`ui-input ${className ?? ''}`}>
      {icon && <Icon name={icon} size={14} />}
      <input autoComplete="off" spellCheck={false} {...rest} />
    </span>
  );
}

export function TextArea({
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  return <textarea spellCheck={false} {...rest} className={`ui-textarea ${className ?? ''}`} />;
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}

export function Select<T extends string>(props: {
  label: string;
  value: T | undefined;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  placeholder?: string;
  disabled?: boolean;
  width?: number | string;
  searchable?: boolean;
}) {
  return (
    <AntSelect
      aria-label={props.label}
      value={props.value ?? null}
      options={props.options.map((option) => ({ ...option }))}
      onChange={(value) => value !== null && props.onChange(value as T)}
      placeholder={props.placeholder}
      disabled={props.disabled ?? false}
      showSearch={props.searchable ? { optionFilterProp: 'label' } : false}
      popupMatchSelectWidth={false}
      style={{ width: props.width ?? 160 }}
    />
  );
}

/** Several values; `free`: also ones that are not in the list, ended by Enter or a comma. */
export function MultiSelect<T extends string>(props: {
  label: string;
  value: readonly T[];
  options: readonly Option<T>[];
  onChange: (value: readonly T[]) => void;
  placeholder?: string;
  free?: boolean;
  width?: number | string;
}) {
  return (
    <AntSelect
      aria-label={props.label}
      mode={props.free ? 'tags' : 'multiple'}
      value={[...props.value] as string[]}
      options={props.options.map((option) => ({ value: option.value as string, label: option.label }))}
      onChange={(value) => props.onChange(value as T[])}
      placeholder={props.placeholder}
      tokenSeparators={[',', '，', ';', '；', '\n']}
      maxTagCount="responsive"
      popupMatchSelectWidth={false}
      showSearch={{ optionFilterProp: 'label' }}
      allowClear
      style={{ width: props.width ?? 200 }}
    />
  );
}

export function Switch(props: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <AntSwitch
      size="small"
      aria-label={props.label}
      checked={props.checked}
      disabled={props.disabled ?? false}
      onChange={(checked) => props.onChange(checked)}
    />
  );
}

/** A few choices of which one holds, side by side. */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
  size?: 'small' | 'normal';
}) {
  return (
    <div
      role="radiogroup"
      aria-label={props.label}
      className={`ui-segmented ${props.size === 'small' ? 'is-small' : ''}`}
    >
      {props.options.map((option, index) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === props.value}
          tabIndex={option.value === props.value ? 0 : -1}
          onClick={() => props.onChange(option.value)}
          onKeyDown={(event) => {
            const step =
              event.key === 'ArrowRight' || event.key === 'ArrowDown'
                ? 1
                : event.key === 'ArrowLeft' || event.key === 'ArrowUp'
                  ? -1
                  : 0;
            if (step === 0) return;
            event.preventDefault();
            const next = (index + step + props.options.length) % props.options.length;
            const option = props.options[next];
            if (option) props.onChange(option.value);
            const sibling = event.currentTarget.parentElement?.children[next];
            if (sibling instanceof HTMLElement) sibling.focus();
          }}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

/** A labelled line of a form. */
export function Field(props: {
  label: ReactNode;
  note?: ReactNode;
  error?: ReactNode;
  children: ReactNode;
  id?: string;
}) {
  return (
    <div className="ui-field">
      <label htmlFor={props.id}>{props.label}</label>
      {props.children}
      {props.error ? (
        <p className="ui-field-error">{props.error}</p>
      ) : (
        props.note && <p className="ui-field-note">{props.note}</p>
      )}
    </div>
  );
}
