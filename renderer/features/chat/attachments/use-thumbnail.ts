import { useEffect, useState } from 'react';
import { thumbnail } from './thumbnails.ts';

/** Address of a picture's small copy; undefined while it is made, null where there is none. */
export function useThumbnail(ref: string | null): string | null | undefined {
  const [made, setMade] = useState<{ readonly ref: string | null; readonly address: string | null }>();
  useEffect(() => {
    if (ref === null) return undefined;
    let wanted = true;
    void thumbnail(ref).then((address) => {
      if (wanted) setMade({ ref, address });
    });
    return () => {
      wanted = false;
    };
  }, [ref]);
  return ref === null ? null : made?.ref === ref ? made.address : undefined;
}
