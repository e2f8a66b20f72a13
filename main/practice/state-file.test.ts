import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StateFile, type StateProblem } from './state-file.ts';

let folder = '';
let problems: StateProblem[] = [];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'practice-state-'));
  problems = [];
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const file = (): string => path.join(folder, 'deep', 'practice.state');
const openFile = (): StateFile => new StateFile(file(), (problem) => problems.push(problem));

describe('state file', () => {
  test('[SY2] the last value of a key counts, also without a goodbye', () => {
    const first = openFile();
    expect(first.load()).toBeNull();
    first.compact([['a', 'x', 1]]);
    let value = 1;
    for (let i = 0; i < 3; i++) {
      value += 1;
      first.put('a', 'x', () => value);
      first.put('b', 'y\n键', () => ({ text: '值' }));
      first.flush();
    }
    first.put('a', 'gone', () => 1);
    first.flush();
    first.delete('a', 'gone');
    first.flush();
    // No close: as after a kill.
    const tables = openFile().load();
    expect([...(tables?.get('a') ?? [])]).toEqual([['x', 4]]);
    expect(tables?.get('b')?.get('y\n键')).toEqual({ text: '值' });
    expect(problems).toEqual([]);
    first.close();
  });

  test('[SY2] many changes of one record between two flushes are one line', () => {
    const state = openFile();
    state.compact([]);
    for (let i = 0; i < 100; i++) state.put('a', 'x', () => i);
    state.flush();
    state.close();
    expect(fs.readFileSync(file(), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });

  test('[SY2] a torn last line is what a kill leaves: the rest counts', () => {
    const state = openFile();
    state.compact([['a', 'x', 1]]);
    state.close();
    fs.appendFileSync(file(), '["a","x",2]\n["a","x",');
    expect(openFile().load()?.get('a')?.get('x')).toBe(2);
    expect(problems).toEqual([]);
  });

  test.each([
    ['damage in the middle', '["practice-state",1]\n["a","x"\n["a","y",1]\n'],
    ['another format', '["practice-state",2]\n["a","x",1]\n'],
    ['no text at all', '\u0000\u0001'],
    ['an empty file', ''],
  ])('[ST4] %s: put aside, said, and never taken for a world', (_name, content) => {
    fs.mkdirSync(path.dirname(file()));
    fs.writeFileSync(file(), content);
    expect(openFile().load()).toBeNull();
    expect(problems).toEqual([{ code: 'UNREADABLE', detail: 'practice.state.unreadable' }]);
    expect(fs.readFileSync(`${file()}.unreadable`, 'utf8')).toBe(content);
  });

  test('[ST5] where nothing can be written it says so once and practice goes on', () => {
    fs.writeFileSync(path.join(folder, 'deep'), 'a file where the folder should be');
    const state = openFile();
    state.compact([['a', 'x', 1]]);
    for (let i = 0; i < 3; i++) {
      state.put('a', 'x', () => i);
      state.flush();
    }
    state.close();
    expect(problems.map(({ code }) => code)).toEqual(['WRITE_FAILED']);
  });

  test.skipIf(process.platform === 'win32')('[SE4] only the user can read it', () => {
    const state = openFile();
    state.compact([['a', 'x', 1]]);
    state.close();
    expect(fs.statSync(file()).mode & 0o077).toBe(0);
  });
});
