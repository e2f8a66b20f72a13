import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost } from '../support/browser-host.ts';

/** 设置 → 安全: recovery key, change of keys, app lock, licences (ST1, SE4). */

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

const PASSPHRASE = '练习 correct horse 42';

const settings = (page: Page): Promise<void> => page.keyboard.press('Control+,');

test('[SE4] the app lock: set, locked by hand, nothing left to read, wrong and right, locked again after a restart', async ({
  page,
}) => {
  test.setTimeout(180_000);
  const host = await startTestHost();
  try {
    await page.goto(host.url);
    await expect(page.getByRole('button', { name: '管理', exact: true })).toBeVisible();
    await settings(page);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: '设置应用锁' }).click();
    await dialog.getByLabel('PIN 或口令（至少 6 位）').fill('483921');
    await dialog.getByLabel('再输一次').fill('483921');
    await dialog.getByRole('button', { name: '设置应用锁' }).click();
    await dialog.getByRole('button', { name: '立即锁定' }).click();
    await expect(page.getByRole('heading', { name: '工作台已锁定' })).toBeVisible();
    // Nothing of the program is in the page any more, and its door answers nothing.
    expect(await page.locator('.shell').count()).toBe(0);
    await expect(host.call('conversations.counts', { account_id: null })).rejects.toThrow('APP_LOCKED');
    expect(await findings(page)).toEqual([]);
    await page.screenshot({ path: screen('lock') });
    await page.getByLabel('PIN 或口令（至少 6 位）').fill('000000');
    await page.keyboard.press('Enter');
    await expect(page.getByText('不对，请重新输入')).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { name: '工作台已锁定' })).toBeVisible();
    await page.getByLabel('PIN 或口令（至少 6 位）').fill('483921');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: '管理', exact: true })).toBeVisible();
    await host.restart();
    await page.goto(host.url);
    await expect(page.getByRole('heading', { name: '工作台已锁定' })).toBeVisible();
  } finally {
    await host.stop();
  }
});

test('[ST1] a real profile says that its recovery key is not kept, shows it, and the key brings the records back', async ({
  page,
}) => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-keys-'));
  const data = path.join(folder, 'profile');
  const passphrase = path.join(folder, 'passphrase.txt');
  writeFileSync(passphrase, `${PASSPHRASE}\n`);
  const cli = (...args: string[]): string =>
    execFileSync('node', ['main/hosts/cli/main.ts', ...args, '--data', data, '--passphrase-file', passphrase], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  let serving: ChildProcess | null = null;
  try {
    // What only looks begins no profile.
    cli('seed', '--messages', '10');
    expect(JSON.parse(cli('key', 'status', '--json'))).toMatchObject({ storage: 'passphrase', recovery: null });
    const built = process.env['WORKBENCH_TEST_PAGE'];
    const options = {
      directory: data,
      real: true,
      passphrase: PASSPHRASE,
      ...(built === undefined ? {} : { page: built }),
    };
    const script = fileURLToPath(new URL('../support/host-process.ts', import.meta.url));
    let url = '';
    const start = async (): Promise<void> => {
      const child = fork(script, [JSON.stringify(options)], {
        execArgv: [],
        env: { ...process.env, NODE_OPTIONS: '' },
        serialization: 'advanced',
      });
      serving = child;
      url = await new Promise<string>((resolve) =>
        child.once('message', (message: { readonly url: string }) => resolve(message.url)),
      );
    };
    const stop = async (): Promise<void> => {
      const child = serving;
      serving = null;
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGTERM');
      await gone;
    };
    await start();
    await page.goto(url);
    await page.getByRole('region', { name: '恢复密钥' }).getByRole('button', { name: '现在保存' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: '生成并显示' }).click();
    const key = (await dialog.locator('.security-key').textContent()) ?? '';
    expect(key).toMatch(/^([0-9A-Z]{4}-){8}[0-9A-Z]{4}$/);
    await dialog
      .locator('.security')
      .first()
      .screenshot({ path: screen('security') });
    await dialog.getByLabel('把最后一组抄在这里，确认已离线保存').fill(key.slice(-4).toLowerCase());
    await dialog.getByRole('button', { name: '已保存' }).click();
    await expect(dialog.getByText(/确认保存。/)).toBeVisible();
    await dialog.getByRole('button', { name: '更换密钥' }).click();
    await expect(dialog.getByText('下次启动时更换')).toBeVisible();
    await dialog.getByRole('button', { name: '第三方许可' }).click();
    await expect(dialog.getByText(/^zod /)).toBeAttached();
    expect(await findings(page)).toEqual([]);
    await stop();
    // The next start changes the keys; then the place of the secrets is lost.
    expect(JSON.parse(cli('key', 'status', '--json'))).toMatchObject({
      rotation: 'none',
      rotated_at: expect.any(Number),
    });
    rmSync(path.join(data, 'secrets.json'));
    expect(() => cli('search', '--count', '--json')).toThrow();
    const kept = path.join(folder, 'recovery.txt');
    writeFileSync(kept, `${key.toLowerCase()}\n`);
    cli('key', 'recover', '--file', kept);
    expect(JSON.parse(cli('search', '--count', '--json'))).toEqual({ count: 10 });
    // Lost once more; this time the window takes it.
    rmSync(path.join(data, 'secrets.json'));
    await start();
    await page.goto(url);
    await expect(page.getByRole('heading', { name: '找不到记录的密钥' })).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.screenshot({ path: screen('key-lost') });
    await page.getByLabel('恢复密钥').fill(`${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`);
    await page.getByRole('button', { name: '找回密钥' }).click();
    await expect(page.getByText('恢复密钥不属于这份资料，或输入有误。')).toBeVisible();
    await page.getByLabel('恢复密钥').fill(key.toLowerCase());
    await page.getByRole('button', { name: '找回密钥' }).click();
    await expect(page.getByRole('button', { name: '管理', exact: true })).toBeVisible({ timeout: 30_000 });
    await stop();
    expect(JSON.parse(cli('search', '--count', '--json'))).toEqual({ count: 10 });
    expect(cli('audit', 'list')).toContain('keys.recovered');
    expect(readFileSync(path.join(data, 'recovery.json'), 'utf8')).not.toContain(key.slice(0, 9));
  } finally {
    (serving as ChildProcess | null)?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
