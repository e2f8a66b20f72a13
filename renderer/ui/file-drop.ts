type Area = Pick<HTMLElement | Window, 'addEventListener' | 'removeEventListener'>;

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

/** Takes files that are dropped on an area, and says while some are held over it. Returns how to stop. */
export function takeDroppedFiles(
  area: Area,
  taker: { readonly onOver: (over: boolean) => void; readonly onFiles: (files: readonly File[]) => void },
): () => void {
  /** Each element on the way is entered before the one around it is left. */
  let depth = 0;
  const onEnter = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    depth++;
    taker.onOver(true);
  };
  const onLeave = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    taker.onOver(depth > 0);
  };
  const onHeld = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  };
  const onDrop = (event: DragEvent): void => {
    depth = 0;
    taker.onOver(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    taker.onFiles([...(event.dataTransfer?.files ?? [])]);
  };
  const listeners = { dragenter: onEnter, dragleave: onLeave, dragover: onHeld, drop: onDrop };
  for (const [name, listener] of Object.entries(listeners)) area.addEventListener(name, listener as EventListener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) area.removeEventListener(name, listener as EventListener);
  };
}

/** To be called once: a file that misses every place for files must not replace the window. */
export function refuseOtherFiles(): void {
  const refuse = (event: DragEvent): void => {
    if (event.defaultPrevented || !carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', refuse);
  addEventListener('drop', refuse);
}
