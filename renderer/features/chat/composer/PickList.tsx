import { useEffect, useRef, type ReactNode } from 'react';

export interface Pick {
  readonly id: string;
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly trailing?: ReactNode;
}

/** A list above the field that follows the typing; the focus stays in the field, arrows move in here. */
export function PickList(props: {
  id: string;
  label: string;
  hint: string;
  items: readonly Pick[];
  current: number;
  onCurrent: (index: number) => void;
  onChoose: (index: number) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const { current, items } = props;
  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: 'nearest' });
  }, [current, items]);
  return (
    <div className="composer-pick">
      <div ref={list} id={props.id} role="listbox" aria-label={props.label}>
        {props.items.map((item, index) => (
          <div
            key={item.id}
            id={`${props.id}-${index}`}
            role="option"
            aria-selected={index === props.current}
            className={index === props.current ? 'is-current' : ''}
            onPointerMove={() => index !== props.current && props.onCurrent(index)}
            // Not click: the field must not lose the focus, its selection says where the text goes.
            onPointerDown={(event) => {
              event.preventDefault();
              props.onChoose(index);
            }}
          >
            <span className="composer-pick-line">
              <span className="ellipsis foreign">{item.title}</span>
              {item.trailing && <span className="composer-pick-trailing">{item.trailing}</span>}
            </span>
            {item.note && <span className="composer-pick-note ellipsis foreign">{item.note}</span>}
          </div>
        ))}
      </div>
      <p className="composer-pick-hint">{props.hint}</p>
    </div>
  );
}
