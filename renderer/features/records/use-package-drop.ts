import { useEffect, useState } from 'react';
import { bridge } from '#renderer/bridge/index.ts';
import { takeDroppedFiles } from '#renderer/ui/file-drop.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorWords } from '#renderer/ui/words.ts';

/** Packages dropped anywhere onto the window while the records are shown (EX7). `dropped`: handle of the last one. */
export function usePackageDrop(): { readonly over: boolean; readonly dropped: string | null } {
  const [over, setOver] = useState(false);
  const [dropped, setDropped] = useState<string | null>(null);
  useEffect(() => {
    const take = async (files: readonly File[]): Promise<void> => {
      for (const file of files) {
        const taken = await bridge.takeFile(file);
        if (taken.ok) setDropped(taken.result.handle);
        else toast({ tone: 'failed', text: errorWords(taken.error).title });
      }
    };
    return takeDroppedFiles(window, { onOver: setOver, onFiles: (files) => void take(files) });
  }, []);
  return { over, dropped };
}
