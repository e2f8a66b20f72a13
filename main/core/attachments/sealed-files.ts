import { AppFailure } from '#shared/contract/errors.ts';
import type { PictureRef } from '#shared/contract/attachments.ts';
import { MINUTE } from '#shared/lib/durations.ts';
import type { Attachment } from '#shared/protocol/entities.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';

/** Files of recalled messages (RC19). Their bytes are on this machine or nowhere: the gateway gives them to nobody any more. */
export interface SealedFiles {
  /** What there is of it. A picture gets a reference of its own, which nobody can guess and which soon ends. */
  look(attachment: Attachment): Promise<{ readonly here: boolean; readonly picture: PictureRef | null }>;
  /** AppFailure GONE where it isn't here. */
  save(attachment: Attachment, target: string): Promise<{ bytes: number }>;
  /** Of a reference that was given out; null when its time is over. */
  hashOf(ref: PictureRef): string | null;
}

const SHOWN_MS = 5 * MINUTE;

export function createSealedFiles(ports: {
  readonly clock: Clock;
  readonly ids: Ids;
  isHere(sha256: string): Promise<boolean>;
  isPicture(sha256: string): Promise<boolean>;
  writeOut(sha256: string, target: string): Promise<{ bytes: number }>;
}): SealedFiles {
  const { clock } = ports;
  const given = new Map<PictureRef, { readonly sha256: string; readonly until: number }>();
  const forget = (): void => {
    const now = clock.monotonicNow();
    for (const [ref, { until }] of given) if (until <= now) given.delete(ref);
  };
  return {
    async look({ sha256 }) {
      forget();
      if (!(await ports.isHere(sha256))) return { here: false, picture: null };
      if (!(await ports.isPicture(sha256))) return { here: true, picture: null };
      const picture = `q-${ports.ids.next()}`;
      given.set(picture, { sha256, until: clock.monotonicNow() + SHOWN_MS });
      return { here: true, picture };
    },
    async save({ sha256 }, target) {
      if (!(await ports.isHere(sha256))) throw new AppFailure('GONE', 'the file is not on this machine');
      return ports.writeOut(sha256, target);
    },
    hashOf(ref) {
      forget();
      return given.get(ref)?.sha256 ?? null;
    },
  };
}
