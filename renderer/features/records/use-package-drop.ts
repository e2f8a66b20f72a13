import { useEffect, useState } from 'react';
import { bridge } from '#renderer/bridge/index.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';

/** Packages dropped anywhere onto the window while the records are shown (EX7). `dropped`: handle of the last one. */
export function usePackageDrop(): { readonly over: boolean; readonly dropped: string | null } {
  const [over, setOver] = useState(false);
  const [dropped, setDropped] = useState<string | null>(null);
  useEffect(() => {
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const onEnter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth++;
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      setOver(depth > 0);
    };
    const onOver = (event: DragEvent): void => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      void take([...(event.dataTransfer?.files ?? [])]);
    };
    const take = async (files: readonly File[]): Promise<void> => {
      for (const file of files) {
        const taken = await bridge.takeFile(file);
        if (taken.ok) setDropped(taken.result.handle);
        else toast({ tone: 'failed', text: errorWords(taken.error).title });
      }
    };
    addEventListener('dragenter', onEnter);
    addEventListener('dragleave', onLeave);
    addEventListener('dragover', onOver);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragenter', onEnter);
      removeEventListener('dragleave', onLeave);
      removeEventListener('dragover', onOver);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return { over, dropped };
}
