import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { backupTo } from '#main/adapters/sqlite/backup.ts';
import { holdProfile, openRecords, openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { LATER } from './store-kill-plan.ts';

/**
 * The store's slow and dangerous steps alone, over and over in one process, to be killed in the middle of one. Says
 * `begin N` before and `end N` after each; what it has said to have ended is whole.
 */
const [step = '', folder = '', first = '0'] = process.argv.slice(2);
const KEY = new Uint8Array(32).fill(7);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

if (step === 'migrate')
  for (let n = Number(first); ; n++) {
    const directory = join(folder, String(n));
    if (!existsSync(directory)) cpSync(join(folder, 'template'), directory, { recursive: true });
    say(`begin ${n}`);
    openRecords(directory, KEY, LATER).close();
    say(`end ${n}`);
  }
if (step === 'create')
  for (let n = Number(first); ; n++) {
    say(`begin ${n}`);
    const directory = join(folder, String(n));
    const hold = holdProfile(directory);
    openRecords(directory, KEY).close();
    hold.release();
    say(`end ${n}`);
  }
if (step === 'backup') {
  const db = openRecordsForReading(join(folder, 'template'), KEY);
  for (let n = Number(first); ; n++) {
    say(`begin ${n}`);
    backupTo(db, join(folder, 'copy.db'), KEY);
    say(`end ${n}`);
  }
}
