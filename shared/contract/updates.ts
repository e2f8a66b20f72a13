import { z } from 'zod';
import { procedure } from './procedure.ts';

/** Updates of the program itself (SE1). Nothing is asked of any network before the person presses a button. */

const Nothing = z.object({}).strict();

/**
 * Why there are none here. `host`: only the desktop program replaces itself; `practice`: the practice shop never asks;
 * `not_configured`: this build was given no address; `insecure`: the address isn't https; `unsigned`: nobody signed what
 * is installed, so that nobody could be asked for.
 */
export type UpdatesOff = 'host' | 'practice' | 'not_configured' | 'insecure' | 'unsigned';

export interface UpdatesView {
  readonly off: UpdatesOff | null;
  /** False: a new version is only told of, since nothing on this system checks who signed it. */
  readonly installs: boolean;
  readonly version: string;
  /** Newer than `version`; null: none, or not asked yet. */
  readonly found: { readonly version: string; readonly bytes: number | null } | null;
  /** `ready`: downloaded and checked. */
  readonly phase: 'unasked' | 'current' | 'found' | 'downloading' | 'ready';
}

export const UPDATE_PROCEDURES = {
  'updates.state': procedure<UpdatesView>()(Nothing),
  /** UNSUPPORTED where they are off, UPDATE_UNREACHABLE, UPDATE_UNTRUSTED. */
  'updates.check': procedure<UpdatesView>()(Nothing),
  /** Of what the last check found. The job ends once signature and checksum were found right. */
  'updates.download': procedure<{ job_id: string }>()(Nothing),
  /** Ends the program and installs what was downloaded. */
  'updates.install': procedure<Record<string, never>>()(Nothing),
};
