import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { drawPng } from '#main/practice/attachments.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';
import { noise, sha256Of } from '../support/attachment-steps.ts';

/** Pictures and files as an agent handles them: pasted, dropped, watched on their way, left alone, looked at, saved. */

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));
const ME = 'a-xiaomei';
// Real files through real processes; a busy machine needs its time.
test.describe.configure({ timeout: 150_000 });
let host: TestHost;
let outside: string[];

test.beforeEach(async ({ page }) => {
  host = await startTestHost();
  await host.call('settings.set', { send_delay_ms: 0 });
  outside = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.hostname !== '127.0.0.1' && url.protocol !== 'data:' && url.protocol !== 'blob:')
      outside.push(request.url());
  });
});
test.afterEach(async () => {
  // SE2: whatever came, nothing was loaded from anywhere else.
  expect(outside).toEqual([]);
  await host.stop();
});

async function conversation(page: Page, name: string): Promise<string> {
  const shop = (await host.control.shops())[0];
  const { conversation_id } = await host.control.newEnquiry({
    name,
    text: '有实物图吗',
    shop_id: shop!.shop_id,
    assign_to: ME,
  });
  if (page.url() === 'about:blank') await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  return conversation_id;
}
async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('option', { name: new RegExp(name) }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
}
interface Given {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}
/** As the browser delivers it: an event with files, on that element. */
async function give(target: Locator, event: 'paste' | 'drop', files: readonly Given[], text?: string): Promise<void> {
  await target.evaluate(
    (element, given) => {
      const data = new DataTransfer();
      for (const { name, type, base64 } of given.files)
        data.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type }));
      if (given.text !== undefined) data.setData('text/plain', given.text);
      const common = { bubbles: true, cancelable: true };
      if (given.event === 'drop') {
        element.dispatchEvent(new DragEvent('dragenter', { ...common, dataTransfer: data }));
        element.dispatchEvent(new DragEvent('drop', { ...common, dataTransfer: data }));
      } else element.dispatchEvent(new ClipboardEvent('paste', { ...common, clipboardData: data }));
    },
    { event, files, ...(text === undefined ? {} : { text }) },
  );
}
const given = (name: string, type: string, bytes: Buffer): Given => ({ name, type, base64: bytes.toString('base64') });
const sent = async (id: string) =>
  (await host.control.messages(id)).map(({ message }) => message).filter((message) => message.sender.role === 'agent');

test('[IN8] [PV6] a pasted picture and a dropped file: chosen, sent in order, progress, on while elsewhere, looked at', async ({
  page,
}) => {
  const id = await conversation(page, '买家小林');
  await conversation(page, '买家小周');
  await open(page, '买家小林');
  const field = page.getByRole('textbox', { name: '输入消息' });
  const tray = page.getByRole('list', { name: '待发送的图片和文件' });
  const picture = drawPng(1_200, 800, 210);
  const file = noise(900_000, 4);

  await give(field, 'paste', [given('image.png', 'image/png', picture)]);
  await expect(tray.getByRole('listitem')).toHaveCount(1);
  await expect(tray).toContainText(/截图 .*\.png/);
  await expect(tray.getByRole('img')).toBeVisible();
  // Cells of a table bring their text: that is what is pasted.
  await give(field, 'paste', [given('image.png', 'image/png', picture)], '一行文字');
  await expect(tray.getByRole('listitem')).toHaveCount(1);
  await give(page.getByRole('log', { name: '消息' }).or(field).first(), 'drop', [
    given('面料检测报告（2026 年秋季新款 深蓝色 全尺码 含水洗标说明）最终版.pdf', 'application/pdf', file),
    given('多余.txt', 'text/plain', Buffer.from('x')),
  ]);
  await expect(tray.getByRole('listitem')).toHaveCount(3);
  await tray.getByRole('button', { name: '移除 多余.txt' }).click();
  await expect(tray.getByRole('listitem')).toHaveCount(2);
  await page.screenshot({ path: screen('attachments-tray') });

  // Chosen files belong to their conversation, and are still there after the host was killed.
  await open(page, '买家小周');
  await expect(tray).toBeHidden();
  await host.crash();
  await host.restart();
  await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  await open(page, '买家小林');
  await expect(tray.getByRole('listitem')).toHaveCount(2);

  await host.control.fault('slow', 900);
  await field.fill('图和报告都在这里');
  await field.press('Enter');
  await expect(tray).toBeHidden();
  await expect(page.getByText(/已上传 \d+%/).first()).toBeVisible({ timeout: 30_000 });
  await page.screenshot({ path: screen('attachments-uploading') });
  // It goes on while the agent is elsewhere (IN8).
  await open(page, '买家小周');
  await host.control.fault('none');
  await expect
    .poll(async () => (await sent(id)).map((message) => message.kind), { timeout: 30_000 })
    .toEqual(['image', 'file', 'text']);
  expect((await sent(id)).map((message) => message.attachment?.sha256)).toEqual([
    sha256Of(picture),
    sha256Of(file),
    undefined,
  ]);
  await open(page, '买家小林');
  const thumb = page.getByRole('button', { name: /查看图片 截图/ });
  await expect(thumb).toBeVisible();
  await expect(page.getByText(/面料检测报告.*….*\.pdf/)).toBeVisible();
  await page.screenshot({ path: screen('attachments-sent') });

  await thumb.click();
  const viewer = page.getByRole('dialog', { name: /图片查看/ });
  await expect(viewer.getByRole('img')).toBeVisible();
  await expect
    .poll(() => viewer.getByRole('img').evaluate((image) => (image as HTMLImageElement).naturalWidth))
    .toBe(1_200);
  await page.keyboard.press('+');
  await page.screenshot({ path: screen('attachments-viewer') });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    viewer.getByRole('button', { name: '另存为' }).click(),
  ]);
  expect(sha256Of(readFileSync(await download.path()))).toBe(sha256Of(picture));
  await page.keyboard.press('Escape');
  await expect(viewer).toBeHidden();
  await expect(thumb).toBeFocused();

  // Where nothing takes files, one that is dropped doesn't replace the window.
  await page.getByRole('button', { name: '概览', exact: true }).click();
  await expect(thumb).toHaveCount(0);
  const refused = await page.locator('#content').evaluate((element) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.html', { type: 'text/html' }));
    const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer });
    element.dispatchEvent(drop);
    return drop.defaultPrevented;
  });
  expect(refused).toBe(true);
});

test('[IN8] [SE2] what consumers send: pictures load, files are saved, and nothing hostile runs, loads or breaks the layout', async ({
  page,
}) => {
  const id = await conversation(page, '买家阿黑');
  await open(page, '买家阿黑');
  let dialogs = 0;
  page.on('dialog', () => dialogs++);
  const send = (name: string, mime: string, content: Buffer, kind: 'image' | 'file') =>
    host.control.consumerSendsFile(id, { name, mime, content, kind });
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><image href="http://example.com/x.png"/></svg>',
  );
  const bomb = Buffer.from(drawPng(4, 4, 0));
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  const broken = drawPng(200, 100, 30).subarray(0, 120);
  await send('实物图.png', 'image/png', drawPng(600, 800, 120), 'image');
  await send('a.svg', 'image/svg+xml', svg, 'image');
  await send('photo.png', 'image/png', bomb, 'image');
  await send('cut.png', 'image/png', broken, 'image');
  await send(`../../${'很长的名字'.repeat(20)}\u202Efdp.exe`, 'application/pdf', svg, 'file');
  await expect(page.getByRole('button', { name: '查看图片 实物图.png' })).toBeVisible();
  await expect(page.getByText('不是可以安全显示的图片')).toHaveCount(3);
  await expect(page.getByText(/….*fdp\.exe/)).toBeVisible();
  await expect(page.locator('.msg-bubble bdi').filter({ hasText: /[\u202E/]/ })).toHaveCount(0);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(1_280);
  await page.screenshot({ path: screen('attachments-received') });
  expect(dialogs).toBe(0);

  // Straight at the address: a file that says it is a picture isn't given out, a picture only as itself.
  const answers = await page.evaluate(async () => {
    const rows = [...document.querySelectorAll('.msg[id^=msg-]')].map((row) => row.id.replace('msg-', 'm-'));
    return Promise.all(
      rows.map(async (ref) => {
        const answer = await fetch(`attachments/${ref}`);
        return [
          answer.status,
          answer.headers.get('content-type'),
          answer.headers.get('content-security-policy'),
          answer.headers.get('cache-control'),
        ];
      }),
    );
  });
  const shown = answers.filter(([status]) => status === 200);
  expect(shown.length).toBeGreaterThanOrEqual(1);
  for (const answer of shown) expect(answer).toEqual([200, 'image/png', "default-src 'none'; sandbox", 'no-store']);
  expect(answers.filter(([status]) => status === 404).length).toBeGreaterThanOrEqual(4);

  // Words: markup, directions turned round, marks piled up, a hundred thousand letters without a gap; in chat, list, panel and records.
  const foreign: string[] = [];
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(?:https?|wss?):$/.test(protocol) && hostname !== '127.0.0.1') foreign.push(request.url());
  });
  const markup = '<img src="http://evil.example/x.png" onerror="alert(1)"><script>alert(1)</script><b>大字</b>';
  const piled = Array.from('叠字攻击', (letter) => letter + '\u0301\u0316\u034f\u0489'.repeat(60)).join('');
  await host.control.consumerSays(id, markup);
  await host.control.consumerSays(id, `\u202e${'付款请转'.repeat(8)}\u2066账户\u0000尾`);
  await host.control.consumerSays(id, piled);
  await host.control.consumerSays(id, 'w'.repeat(100_000));
  await host.control.newEnquiry({
    assign_to: 'a-xiaomei',
    name: `\u202e${'<b onmouseover=alert(1)>名'.repeat(10)}${'x'.repeat(300)}`,
    text: markup,
  });
  await host.control.consumerSays(id, '最后一句平常的话');
  const inside = async (where: string): Promise<void> => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth), where).toBeLessThanOrEqual(1_280);
    expect(await page.locator('img[src*="evil.example"], .msg script, .msg b, [onmouseover]').count(), where).toBe(0);
  };
  await expect(page.locator('.msg').getByText('最后一句平常的话')).toBeVisible({ timeout: 20_000 });
  await inside('chat');
  // The endless word is cut, and whole on request only.
  await expect(page.getByRole('button', { name: '显示全文，共 100000 字' })).toBeAttached();
  expect(
    await page
      .locator('.msg')
      .filter({ hasText: 'wwwww' })
      .first()
      .evaluate((row) => row.clientHeight),
  ).toBeLessThan(3_000);
  await page.screenshot({ path: screen('hostile-words') });
  await page.getByText('<b onmouseover', { exact: false }).first().click();
  await expect(page.locator('.msg').getByText(markup)).toBeVisible();
  await inside('name and panel');
  // Inside of our own sentences it turns nothing round and takes no more room than a name does.
  const turned = /[\u202a-\u202e\u2066-\u2069]/;
  const field = page.getByRole('textbox', { name: '输入消息' });
  expect(await field.getAttribute('placeholder')).not.toMatch(turned);
  expect((await field.boundingBox())?.height).toBeLessThan(100);
  for (const said of await page.locator('.ui-toast').all()) {
    expect(await said.textContent()).not.toMatch(turned);
    expect((await said.boundingBox())?.height).toBeLessThan(250);
  }
  await page.screenshot({ path: screen('hostile-name') });
  await page.getByRole('button', { name: '记录', exact: true }).click();
  await page.getByRole('searchbox').or(page.getByRole('textbox')).first().fill('evil');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/evil\.example/).first()).toBeVisible({ timeout: 20_000 });
  await inside('records');
  await page.screenshot({ path: screen('hostile-records') });
  expect([dialogs, foreign]).toEqual([0, []]);
  await page.getByRole('button', { name: '接待', exact: true }).click();
  await open(page, '买家阿黑');

  const row = page.locator('.file').filter({ hasText: 'fdp.exe' });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    row.getByRole('button', { name: '保存' }).click(),
  ]);
  expect(download.suggestedFilename()).not.toMatch(/[/\\\u202E]/);
  expect(readFileSync(await download.path()).equals(svg)).toBe(true);

  // SY8: a kind of tomorrow is there, with its words; its name is no more than a name.
  const { message: last } = (await host.control.messages(id)).at(-1)!;
  const later = { msg_id: 'm-of-tomorrow', conv_seq: last.conv_seq + 1, kind: 'st\u202eicker<b>', text: '[开心]' };
  await host.control.emitEvent(ME, 'message.created', { message: { ...last, ...later } });
  const placeholder = page.locator('.msg').filter({ hasText: '还显示不了这种消息' });
  await expect(placeholder).toContainText('[开心]');
  expect(await placeholder.textContent()).not.toMatch(turned);
  await expect(page.getByRole('option', { name: /买家阿黑/ })).toContainText('[开心]');
  await page.screenshot({ path: screen('message-of-tomorrow') });
});

test('[IN8] [RC8] an upload that is refused says why and is sent again; one under way is cancelled and comes back', async ({
  page,
}) => {
  await host.stop();
  host = await startTestHost({
    faults: { rules: [{ fault: 'error', match: 'attachment.put', code: 'QUOTA', times: 1 }] },
  });
  await host.call('settings.set', { send_delay_ms: 0 });
  const id = await conversation(page, '买家小宋');
  await open(page, '买家小宋');
  const field = page.getByRole('textbox', { name: '输入消息' });
  await give(field, 'drop', [given('清单.xlsx', 'application/octet-stream', noise(600_000, 9))]);
  await expect(page.getByRole('list', { name: '待发送的图片和文件' })).toContainText('清单.xlsx');
  await page.getByRole('button', { name: '发送', exact: true }).click();
  await expect(page.getByText('QUOTA')).toBeVisible();
  await page.screenshot({ path: screen('attachments-failed') });
  await host.control.fault('slow', 1_500);
  await page.getByRole('button', { name: '重试' }).click();
  await expect(page.getByText(/已上传 \d+%|等待上传/)).toBeVisible();
  await page.locator('.outgoing-progress').getByRole('button', { name: '取消' }).click();
  await expect(page.getByRole('list', { name: '待发送的图片和文件' })).toContainText('清单.xlsx');
  expect(await sent(id)).toEqual([]);
  await host.control.fault('none');
  await page.getByRole('button', { name: '发送', exact: true }).click();
  await expect.poll(async () => (await sent(id)).length, { timeout: 20_000 }).toBe(1);
});
