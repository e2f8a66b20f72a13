import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from './program.ts';

/** What a person reads who has mistyped a line, and that nothing came of it. */

let folder: string;
let said: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-usage-'));
  said = '';
  printed = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function spoken(language: 'zh_CN' | 'en_US', args: readonly string[]): Promise<number> {
  for (const name of ['LC_ALL', 'LC_MESSAGES', 'LANGUAGE', 'LANG']) vi.stubEnv(name, `${language}.UTF-8`);
  return run(args);
}
const data = (): string => path.join(folder, 'data');

const WRONG: readonly (readonly [line: string, zh: string, en: string, command: string])[] = [
  ['frobnicate', '没有 frobnicate 这个命令。', 'There is no command frobnicate.', ''],
  ['serch --text a', '没有 serch 这个命令。是不是 search？', 'There is no command serch. Did you mean search?', ''],
  ['search --frobnicate', '没有 --frobnicate 这个选项。', 'There is no option --frobnicate.', 'search'],
  [
    'search --txt a',
    '没有 --txt 这个选项。是不是 --text？',
    'There is no option --txt. Did you mean --text?',
    'search',
  ],
  ['import', '缺少 <files>。', '<files> is missing.', 'import'],
  ['search --text', '--text <text> 后面缺少值。', '--text <text> needs a value.', 'search'],
  ['search --text --count', '--text <text> 后面缺少值。', '--text <text> needs a value.', 'search'],
  ['search --data --json', '--data <folder> 后面缺少值。', '--data <folder> needs a value.', ''],
  ['export --format csv', '必须给出 --out <file>。', '--out <file> has to be given.', 'export'],
  [
    "export --format it's --out x",
    "--format <format> 只能是 csv | xlsx | jsonl | package：it's",
    "--format <format> takes one of csv | xlsx | jsonl | package: it's",
    'export',
  ],
  [
    'search --by shop',
    '--by <what> 只能是 agent | number | consumer：shop',
    '--by <what> takes one of agent | number | consumer: shop',
    'search',
  ],
  ['backup a b', '参数太多：最多 1 个，给了 2 个。', 'Too many arguments: at most 1, 2 were given.', 'backup'],
  ['review mrege x', '没有 mrege 这个命令。是不是 merge？', 'There is no command mrege. Did you mean merge?', 'review'],
  ['review merge', '缺少 <files>。', '<files> is missing.', 'review merge'],
  [
    'search --limit many',
    '--limit 应为 1 到 1000000 的整数：many',
    '--limit takes a whole number from 1 to 1000000: many',
    'search',
  ],
  [
    'audit list --limit 0',
    '--limit 应为 1 到 1000 的整数：0',
    '--limit takes a whole number from 1 to 1000: 0',
    'audit list',
  ],
  [
    'audit export --out x --format xml',
    '--format <format> 只能是 csv | jsonl：xml',
    '--format <format> takes one of csv | jsonl: xml',
    'audit export',
  ],
  [
    'practice --rate much',
    '--rate 应为 0 到 1000 的数：much',
    '--rate takes a number from 0 to 1000: much',
    'practice',
  ],
];

test.each(WRONG)(
  '[UX6] %s: in our own words, Chinese first, with code and next step',
  async (line, zh, en, command) => {
    const typed = ['merchant-workbench', ...(command === '' ? [] : [command])].join(' ');
    const args = [...line.split(' '), ...(line.includes('--data') ? [] : ['--data', data()])];
    expect(await spoken('zh_CN', args)).toBe(2);
    expect(said).toBe(
      `BAD_INPUT: ${zh}\n影响: 什么都没有执行，消费者不受影响。\n下一步: 改正后重新运行；用法见 ${typed} --help。\n`,
    );
    said = '';
    expect(await spoken('en_US', args)).toBe(2);
    expect(said).toBe(
      `BAD_INPUT: ${en}\nWhat it means: Nothing was done; the consumer is not affected.\nNext: Correct it and run it again; see ${typed} --help.\n`,
    );
    expect(printed).toBe('');
    expect(existsSync(data())).toBe(false);
  },
);

test.each([[[]], [['search', '--help']], [['help', 'review']], [['audit', 'export', '-h']]] as const)(
  '[UX1] help %j is in the language of the system, but for what is typed',
  async (args) => {
    const code = args.length === 0 ? 2 : 0;
    expect(await spoken('zh_CN', args)).toBe(code);
    const zh = said + printed;
    expect(zh).toMatch(/^用法： merchant-workbench/);
    expect(zh).not.toMatch(/Usage|Options|Commands|Arguments|display help|default:|choices:|\[options\]|\[command\]/);
    said = '';
    printed = '';
    expect(await spoken('en_US', args)).toBe(code);
    expect(said + printed).toMatch(/^Usage: merchant-workbench/);
    expect(said + printed).not.toMatch(/\p{Script=Han}/u);
  },
);

test.each([
  ['search', '--count'],
  ['search', '--by', 'agent', '--json'],
  ['export', '--format', 'csv', '--out', 'x.csv'],
  ['backup', 'x.backup'],
  ['audit', 'verify'],
  ['audit', 'list'],
  ['audit', 'export', '--out', 'x.jsonl'],
  ['review', 'merge', 'x.json'],
  ['key', 'status'],
  ['key', 'recovery'],
  ['key', 'rotate'],
  ['key', 'recover'],
  ['doctor', '--salvage'],
])('[UX6] %s %s on a folder without records: STORE_MISSING, and nothing is made', async (...args) => {
  const empty = path.join(folder, 'empty', 'folder');
  expect(await spoken('zh_CN', [...args, '--data', empty, '--key-file', path.join(folder, 'key')])).toBe(3);
  expect(said).toMatch(/^STORE_MISSING: 这个数据目录里还没有聊天记录/);
  expect(said).toContain('serve、import、seed 或 restore');
  expect(readdirSync(folder)).toEqual([]);
});

test('[UX6] doctor says that there are no records, and makes none', async () => {
  expect(await spoken('zh_CN', ['doctor', '--data', data(), '--key-file', path.join(folder, 'key')])).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});
