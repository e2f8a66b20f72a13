import path from 'node:path';
import { createFiles } from '#main/adapters/files/files.ts';
import type { Files } from '#main/core/ports/files.ts';

/** File arguments are meant from where the person stands. */
export function commandLineFiles(): Files {
  return createFiles({ resolve: (argument) => path.resolve(argument) });
}
