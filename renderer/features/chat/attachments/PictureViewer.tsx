import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { shortName } from '#shared/domain/attachments/names.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { useReturnFocus } from '#renderer/ui/return-focus.ts';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { saveAttachment } from './save.ts';
import { pictureAddress } from './thumbnails.ts';
import { useViewer, type ShownPicture } from './viewer.ts';
import './attachments.css';

const STEP = 1.25;
const SMALLEST = 0.1;
const LARGEST = 8;

/** A picture over the whole window: zoom, move, save; Esc closes it and the focus goes back. */
export function PictureViewer() {
  const picture = useViewer((state) => state.picture);
  return picture === null ? null : createPortal(<Viewer key={picture.ref} picture={picture} />, document.body);
}

function Viewer({ picture }: { picture: ShownPicture }) {
  const { t } = useTranslation();
  const close = useViewer((state) => state.close);
  const frame = useRef<HTMLDivElement>(null);
  const moving = useRef<{ x: number; y: number } | null>(null);
  const [gone, setGone] = useState(false);
  /** Null: as large as fits. */
  const [zoom, setZoom] = useState<number | null>(null);
  const [at, setAt] = useState({ x: 0, y: 0 });
  const image = useRef<HTMLImageElement>(null);

  useReturnFocus();
  useEffect(() => frame.current?.focus(), []);

  const fit = (): number => {
    const element = image.current;
    return element && element.naturalWidth > 0 ? element.clientWidth / element.naturalWidth : 1;
  };
  const change = (factor: number): void =>
    setZoom((now) => Math.min(LARGEST, Math.max(SMALLEST, (now ?? fit()) * factor)));
  const whole = (): void => {
    setZoom(null);
    setAt({ x: 0, y: 0 });
  };
  const save = async (): Promise<void> => {
    const saved = await saveAttachment(picture.messageKey, picture.name);
    if (saved.ok) {
      if (saved.name !== null)
        toast({ tone: 'done', text: t('attachments.saved', { name: shortName(saved.name, 40) }) });
      return;
    }
    const words = errorWords(saved.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape') close();
    else if (event.key === '+' || event.key === '=') change(STEP);
    else if (event.key === '-') change(1 / STEP);
    else if (event.key === '0') whole();
    else if (event.key === 'Tab') {
      const stops = [...(frame.current?.querySelectorAll('button') ?? [])];
      const now = stops.indexOf(document.activeElement as HTMLButtonElement);
      const next = (now + (event.shiftKey ? -1 : 1) + stops.length) % stops.length;
      stops[now < 0 && event.shiftKey ? stops.length - 1 : next]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const from = moving.current;
    if (from === null) return;
    setAt({ x: event.clientX - from.x, y: event.clientY - from.y });
  };

  return (
    <div
      ref={frame}
      className="viewer"
      role="dialog"
      aria-modal="true"
      aria-label={`${t('attachments.viewer')} ${shortName(picture.name, 60)}`}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div
        className="viewer-stage"
        onWheel={(event) => change(event.deltaY < 0 ? STEP : 1 / STEP)}
        onPointerDown={(event) => {
          if (event.target !== image.current) return close();
          moving.current = { x: event.clientX - at.x, y: event.clientY - at.y };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={() => (moving.current = null)}
        onPointerCancel={() => (moving.current = null)}
      >
        {gone ? (
          <StateMessage
            icon="image"
            title={errorWords({ code: 'GONE' }).title}
            note={errorWords({ code: 'GONE' }).next}
          />
        ) : (
          <img
            ref={image}
            src={pictureAddress(picture.ref)}
            alt={t('attachments.picture', { name: shortName(picture.name, 60) })}
            draggable={false}
            className={zoom === null ? 'is-fit' : ''}
            style={{
              transform: `translate(${at.x}px, ${at.y}px)`,
              ...(zoom === null || !image.current ? {} : { width: image.current.naturalWidth * zoom }),
            }}
            onDoubleClick={() => (zoom === null ? setZoom(1) : whole())}
            onError={() => setGone(true)}
          />
        )}
      </div>
      <div className="viewer-bar">
        <bdi className="viewer-name">{shortName(picture.name, 60)}</bdi>
        <IconButton icon="zoomOut" label={t('attachments.zoomOut')} placement="top" onClick={() => change(1 / STEP)} />
        <IconButton icon="zoomIn" label={t('attachments.zoomIn')} placement="top" onClick={() => change(STEP)} />
        <IconButton icon="fit" label={t('attachments.fit')} placement="top" onClick={whole} />
        <IconButton icon="download" label={t('attachments.saveAs')} placement="top" onClick={() => void save()} />
        <IconButton icon="close" label={t('attachments.close')} placement="top" onClick={close} />
      </div>
    </div>
  );
}
