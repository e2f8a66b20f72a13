import { fileURLToPath } from 'node:url';
import { expect, test, type CDPSession, type Locator, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** Writing at the desk: guards, quick replies, the knowledge base, and input methods as they really behave. */

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

let host: TestHost;
let page: Page;
let composer: Locator;
let outbound: (conversation: string) => Promise<string[]>;

test.beforeAll(async ({ browser }) => {
  host = await startTestHost();
  page = await browser.newPage();
  composer = page.getByRole('textbox', { name: '输入消息' });
  outbound = async (conversation) =>
    (await host.control.consumerView(conversation)).messages
      .filter(({ from }) => from === 'agent')
      .map(({ text }) => text ?? '');
  await host.call('settings.set', { send_delay_ms: 0, first_run_done: true });
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /接待中/ })).toBeVisible();
});

test.afterAll(async () => {
  await page.close();
  await host.stop();
});

async function serve(name: string, shop = 's-qinghe'): Promise<string> {
  const { conversation_id } = await host.control.newEnquiry({ name, text: '在吗', shop_id: shop });
  await page.getByRole('tab', { name: /未接入/ }).click();
  const row = page.getByRole('option', { name: new RegExp(name) });
  await row.getByText('领取', { exact: true }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await expect(composer).toBeVisible();
  // Past the second after a switch (PV5).
  await page.waitForTimeout(1_100);
  return conversation_id;
}

test('[PV3] [PV4] marks while typing, a second confirmation for money, and a block that an override with a reason opens', async () => {
  const id = await serve('买家甲');
  await composer.fill('这款最便宜，售价 59 元，假一赔十');
  const notes = page.getByRole('group', { name: '发送前检查' });
  await expect(notes.getByRole('button', { name: /金额/ })).toHaveCount(1);
  await expect(notes.getByRole('button', { name: /承诺/ }).first()).toBeVisible();
  // Nothing but marks while typing.
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.screenshot({ path: screen('guard-light') });

  await composer.press('Enter');
  const dialog = page.getByRole('dialog', { name: /发送给 买家甲/ });
  await expect(dialog).toContainText('金额');
  await page.screenshot({ path: screen('guard-confirm') });
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(composer).toHaveValue('这款最便宜，售价 59 元，假一赔十');
  expect(await outbound(id)).toEqual([]);
  await composer.press('Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(composer).toHaveValue('');
  await expect.poll(() => outbound(id)).toEqual(['这款最便宜，售价 59 元，假一赔十']);

  await composer.fill('我们可以刷 单');
  await expect(notes.getByRole('button', { name: /不能发送/ })).toBeVisible();
  await composer.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: '不允许发送' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.screenshot({ path: screen('guard-blocked') });
  await page.getByRole('button', { name: '说明理由后发送' }).click();
  const override = page.getByRole('dialog', { name: /被拦截/ });
  await expect(override.getByRole('button', { name: '发送' })).toBeDisabled();
  await override.getByRole('textbox', { name: '理由' }).fill('提醒消费者不要参与');
  await page.keyboard.press('Enter');
  await expect.poll(() => outbound(id)).toContain('我们可以刷 单');
});

test('[PV9] the same text again within three seconds asks first', async () => {
  const id = await serve('买家乙');
  await composer.fill('收到，马上处理');
  await composer.press('Enter');
  await expect(composer).toHaveValue('');
  await composer.fill('收到，马上处理');
  await composer.press('Enter');
  const dialog = page.getByRole('dialog', { name: /发送给 买家乙/ });
  await expect(dialog).toContainText('刚刚已向');
  await page.keyboard.press('Escape');
  await expect(composer).toHaveValue('收到，马上处理');
  await expect.poll(() => outbound(id)).toEqual(['收到，马上处理']);
  await composer.fill('');
});

test('[PV5] sent within a second of switching, or copied from another conversation: asks and names the consumer', async () => {
  await serve('买家子');
  const id = await serve('买家丙');
  const row = (name: string): Locator => page.getByRole('option', { name: new RegExp(name) });
  await page.getByRole('tab', { name: /接待中/ }).click();
  await composer.fill('您的退款已到账');
  await row('买家子').click();
  await expect(page.getByRole('heading', { name: '买家子' })).toBeVisible();
  // Within the page, so that a busy machine doesn't use up the second: switch, and Enter as soon as the draft is there.
  await row('买家丙').evaluate(async (element) => {
    (element as HTMLElement).click();
    const field = (): HTMLTextAreaElement | null => document.querySelector('#composer');
    while (field()?.value !== '您的退款已到账') await new Promise((resolve) => requestAnimationFrame(resolve));
    const enter = { key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true, cancelable: true };
    field()?.dispatchEvent(new KeyboardEvent('keydown', enter));
  });
  const dialog = page.getByRole('dialog', { name: /发送给 买家丙/ });
  await expect(dialog).toContainText('刚刚从 买家子 切换');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(1_100);

  // Copied out of one composer, pasted into another.
  await composer.fill('地址改为幸福路那一处');
  await composer.press('ControlOrMeta+a');
  await composer.press('ControlOrMeta+x');
  await row('买家子').click();
  await expect(page.getByRole('heading', { name: '买家子' })).toBeVisible();
  await composer.focus();
  await composer.press('ControlOrMeta+v');
  await expect(composer).toHaveValue('地址改为幸福路那一处');
  await page.waitForTimeout(1_100);
  await composer.press('Enter');
  await expect(page.getByRole('dialog', { name: /发送给 买家子/ })).toContainText('从 买家丙 的会话复制');
  await page.keyboard.press('Escape');
  await composer.fill('');
  expect(await outbound(id)).toEqual([]);

  // Files alone are asked about as well.
  await row('买家丙').click();
  await expect(page.getByRole('heading', { name: '买家丙' })).toBeVisible();
  const files = [{ name: '价目表.txt', mimeType: 'text/plain', buffer: Buffer.from('甲 1') }];
  await page.locator('.composer input[type=file]').setInputFiles(files);
  await expect(page.getByRole('list', { name: '待发送的图片和文件' })).toContainText('价目表.txt');
  await row('买家子').click();
  await expect(page.getByRole('heading', { name: '买家子' })).toBeVisible();
  await row('买家丙').evaluate(async (element) => {
    (element as HTMLElement).click();
    while (!document.querySelector('.composer')?.textContent.includes('价目表'))
      await new Promise((resolve) => requestAnimationFrame(resolve));
    const enter = { key: 'Enter', code: 'Enter', keyCode: 13, bubbles: true, cancelable: true };
    document.querySelector('#composer')?.dispatchEvent(new KeyboardEvent('keydown', enter));
  });
  await expect(dialog).toContainText('刚刚从 买家子 切换');
  await expect(dialog).toContainText('价目表.txt');
  await page.screenshot({ path: screen('files-switched') });
  await page.keyboard.press('Escape');
  expect((await host.control.messages(id)).filter(({ message }) => message.kind === 'file')).toEqual([]);
  await page.getByRole('button', { name: '移除 价目表.txt' }).click();
});

test('[PV7] a slash finds quick replies by initials, fills what is known, and what is not blocks sending', async () => {
  const id = await serve('买家丁');
  await composer.pressSequentially('/fhsj');
  const list = page.getByRole('listbox', { name: '快捷回复' }).first();
  await expect(list.getByRole('option', { name: /发货时间/ })).toBeVisible();
  await page.screenshot({ path: screen('quick-replies') });
  await composer.press('Enter');
  await expect(composer).toHaveValue('买家丁您好，订单{订单号}会在 48 小时内发出，发出后物流信息会自动更新。');
  // The first gap is selected: typing fills it. Sending before that does nothing.
  await composer.press('Enter');
  await expect(page.getByText(/没有填写/)).toBeVisible();
  expect(await outbound(id)).toEqual([]);
  await page.screenshot({ path: screen('quick-replies-unfilled') });
  await page.keyboard.type('P1234');
  await expect(composer).toHaveValue(/订单P1234会在/);
  // Undo takes what was typed out again, then the insertion as a whole.
  await composer.press('ControlOrMeta+z');
  await composer.press('ControlOrMeta+z');
  await expect(composer).not.toHaveValue(/订单P1234/);
  await composer.fill('');

  // Full pinyin and text find it too; Escape leaves the slash alone.
  for (const query of ['/fahuoshijian', '/发货时间']) {
    await composer.fill('');
    await composer.pressSequentially(query);
    await expect(list.getByRole('option', { name: /发货时间/ })).toBeVisible();
  }
  await composer.press('Escape');
  await expect(list).toBeHidden();
  await expect(composer).toHaveValue('/发货时间');
  await composer.fill('');

  // What only the order's card tells is looked up; members of a group are found by pinyin.
  const place = { account_id: 'practice' as never, shop_id: 's-qinghe' as never };
  const reply = { group: '', title: '确认金额', body: '{商品名}，共 {金额} 元' };
  await host.call('replies.save', { ...place, id: null, scope: 'personal', reply });
  await host.call('practice.situation', { situation: 'order_card', account_id: place.account_id });
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('option', { name: /拿着订单来的买家/ }).click();
  await expect(page.locator('.order-card').first()).toBeVisible();
  await composer.pressSequentially('/qrje');
  await expect(list.getByRole('option', { name: /确认金额/ })).toBeVisible();
  await composer.press('Enter');
  await expect(composer).toHaveValue('水洗棉四件套 雾霾蓝 1.8米床，共 189.00 元');
  await composer.fill('');
  await host.call('practice.situation', { situation: 'group_chat', account_id: place.account_id });
  await page.getByRole('option', { name: /群/ }).first().click();
  await composer.pressSequentially('@aj');
  await expect(page.getByRole('listbox', { name: '群成员' }).getByRole('option', { name: '客服阿杰' })).toBeVisible();
  await page.screenshot({ path: screen('mention-pinyin') });
  await composer.press('Enter');
  await expect(composer).toHaveValue('@客服阿杰 ');
  await composer.fill('');
});

test('[PV8] the knowledge base beside the chat: searched, inserted by Enter, links with their host', async () => {
  await serve('买家庚');
  await page.getByRole('button', { name: '知识库', exact: true }).last().click();
  const find = page.getByRole('textbox', { name: '搜索文章' });
  await expect(find).toBeFocused();
  await find.fill('七天 运费');
  await expect(page.getByRole('article').filter({ hasText: '七天无理由' }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: '打开 flk.npc.gov.cn' })).toBeVisible();
  await page.screenshot({ path: screen('knowledge-panel') });
  await find.press('Enter');
  await expect(composer).toHaveValue(/7 日内可以退货/);
  await composer.press('ControlOrMeta+z');
  await expect(composer).toHaveValue('');
  // On to the next conversation, and to another screen and back: the page stays, what is written goes to the composer.
  await page.keyboard.press('Alt+ArrowDown');
  await expect(composer).toBeFocused();
  await expect(page.getByRole('tab', { name: '知识库', selected: true })).toBeVisible();
  await expect(find).toHaveValue('七天 运费');
  await page.keyboard.press('Control+2');
  await page.keyboard.press('Control+1');
  await expect(page.getByRole('tab', { name: '知识库', selected: true })).toBeVisible();
  await expect(find).toBeVisible();
  await expect(composer).toBeFocused();
  await page.getByRole('tab', { name: '知识库' }).press('ArrowLeft');
  await expect(page.getByRole('tab', { name: '快捷回复', selected: true })).toBeFocused();
});

test('[PV3] [PV8] supervisors write articles, every version stays, and add words of their own', async () => {
  await serve('买家辛');
  await page.getByRole('navigation').getByRole('button', { name: '知识库' }).click();
  await page.getByRole('button', { name: '写文章' }).click();
  await page.getByRole('textbox', { name: '标题' }).fill('赠品漏发');
  await page.getByRole('textbox', { name: '正文' }).fill('核对订单备注，缺的赠品补寄。');
  await page.getByRole('button', { name: '添加链接' }).click();
  await page.getByRole('textbox', { name: '链接名称' }).fill('规则中心');
  await page.getByRole('textbox', { name: /链接地址/ }).fill('http://rules.example.com/');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByRole('alert')).toContainText('https');
  await page.getByRole('textbox', { name: /链接地址/ }).fill('https://rules.example.com/');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByRole('heading', { name: '赠品漏发' })).toBeVisible();
  await page.getByRole('button', { name: '编辑' }).click();
  await page.getByRole('textbox', { name: '正文' }).fill('核对订单备注，缺的赠品三天内补寄。');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByRole('button', { name: '恢复为这个版本' })).toBeVisible();
  await page.screenshot({ path: screen('knowledge') });
  await page.getByRole('tab', { name: '敏感词' }).click();
  await expect(page.getByText(/平台名单第 3 版/)).toBeVisible();
  await page.getByRole('textbox', { name: '词，一行一个' }).fill('内部员工价');
  await page.getByRole('button', { name: '添加', exact: true }).click();
  await expect(page.getByRole('listitem').filter({ hasText: '内部员工价' })).toBeVisible();
  await page.screenshot({ path: screen('word-lists') });
  await page.getByRole('navigation').getByRole('button', { name: '接待' }).click();
  await composer.fill('给您内部员工价');
  await expect(page.getByRole('group', { name: '发送前检查' })).toContainText('本店补充');
  await composer.fill('');
});

test('[PV7] [UX3] the panel of quick replies, emoji, and the same in the dark', async () => {
  await serve('买家壬');
  await page.getByRole('tab', { name: '快捷回复' }).click();
  const find = page.getByRole('textbox', { name: '文字、拼音或首字母' });
  await find.fill('thlc');
  await expect(page.getByRole('option', { name: /退货流程/ })).toBeVisible();
  await find.press('Enter');
  await expect(composer).toHaveValue(/申请退货/);
  await page.getByRole('button', { name: '表情' }).click();
  await expect(page.getByRole('dialog', { name: '表情' })).toBeVisible();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: screen('composer-dark') });
  await page.keyboard.press('Enter');
  await expect(composer).toHaveValue(/😊/);
  await composer.fill('最低价 39.9 元，加微信聊，刷单也行');
  await expect(page.getByRole('group', { name: '发送前检查' })).toContainText('不能发送');
  await page.screenshot({ path: screen('guard-dark') });
  await page.emulateMedia({ colorScheme: 'light' });
  await composer.fill('');
});

// ── input methods (PV1) ───────────────────────────────────────────────────────────────────────────────────────────

test('[PV1] Chromium’s own composition: pinyin is composed, committed by Enter, and only then sent', async () => {
  const id = await serve('买家戊');
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await composer.focus();
  for (const text of ['n', 'ni', 'nih', 'niha', 'nihao'])
    await cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  await expect(composer).toHaveValue('nihao');
  // While composing, Windows and Linux report the method's keys as 229 ("Process"): Enter takes the letters, and sends nothing.
  for (const type of ['rawKeyDown', 'keyUp'] as const)
    await cdp.send('Input.dispatchKeyEvent', { type, key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  expect(await outbound(id)).toEqual([]);
  await cdp.send('Input.insertText', { text: '你好' });
  await expect(composer).toHaveValue('你好');
  await page.waitForTimeout(200);
  await composer.press('Enter');
  await expect.poll(() => outbound(id)).toEqual(['你好']);
  // A composition that is still open when the person presses Enter is never sent as raw pinyin.
  await cdp.send('Input.imeSetComposition', { text: 'zaijian', selectionStart: 7, selectionEnd: 7 });
  await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
  expect(await outbound(id)).toEqual(['你好']);
  await cdp.send('Input.imeSetComposition', { text: '', selectionStart: 0, selectionEnd: 0 });
  await composer.fill('');
  await cdp.detach();
});

/** Events as each system's input methods produce them around the Enter that ends a composition. */
const SEQUENCES = {
  'Windows (Microsoft Pinyin): keydown 229 Process, compositionend, keyup Enter': [
    ['keydown', { key: 'Process', code: 'Enter', keyCode: 229, isComposing: true }],
    ['compositionend', { data: 'nihao' }],
    ['keyup', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
  ],
  'Windows (older methods): keydown 229 with key Enter after compositionend': [
    ['compositionend', { data: 'nihao' }],
    ['keydown', { key: 'Enter', code: 'Enter', keyCode: 229, isComposing: false }],
    ['keyup', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
  ],
  'macOS (Safari order): compositionend, then a plain Enter in the same moment': [
    ['compositionend', { data: 'nihao' }],
    ['keydown', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
    ['keyup', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
  ],
  'macOS (Chromium order): keydown while composing, then compositionend': [
    ['keydown', { key: 'Enter', code: 'Enter', keyCode: 229, isComposing: true }],
    ['compositionend', { data: 'nihao' }],
    ['keyup', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
  ],
  'Linux (IBus): keydown Enter while composing, key code 13': [
    ['keydown', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: true }],
    ['compositionend', { data: 'nihao' }],
    ['keyup', { key: 'Enter', code: 'Enter', keyCode: 13, isComposing: false }],
  ],
} as const;

test('[PV1] the Enter that ends a composition, as Windows, macOS and Linux produce it: nothing is sent, the next Enter sends', async () => {
  const id = await serve('买家癸');
  const sent: string[] = [];
  for (const [index, [name, events]] of Object.entries(SEQUENCES).entries()) {
    const text = `nihao${index}`;
    await composer.fill(text);
    await composer.evaluate((field, list) => {
      field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true, data: '' }));
      field.dispatchEvent(new CompositionEvent('compositionupdate', { bubbles: true, data: 'nihao' }));
      for (const [type, facts] of list)
        field.dispatchEvent(
          'data' in facts
            ? new CompositionEvent(type, { bubbles: true, data: facts.data })
            : new KeyboardEvent(type, { bubbles: true, cancelable: true, ...facts }),
        );
    }, events);
    await page.waitForTimeout(250);
    expect(await outbound(id), name).toEqual(sent);
    await expect(composer, name).toHaveValue(text);
    await composer.press('Enter');
    sent.push(text);
    await expect.poll(() => outbound(id), name).toEqual(sent);
  }
});

test('[PV1] Ctrl+Enter sends where Enter breaks the line, and the setting switches at once', async () => {
  const id = await serve('买家己');
  await host.call('settings.set', { enter_sends: false });
  await expect(page.locator('.composer-keys')).toContainText('Ctrl Enter');
  await composer.fill('第一行');
  await composer.press('Enter');
  await composer.pressSequentially('第二行');
  await expect(composer).toHaveValue('第一行\n第二行');
  await composer.press('Control+Enter');
  await expect.poll(() => outbound(id)).toEqual(['第一行\n第二行']);
  await host.call('settings.set', { enter_sends: true });
});

test('[PV2] [PV6] kill −9 while typing and in the delay: draft and delayed text are back, nothing was sent', async () => {
  const typed = await serve('买家寅');
  const key = async (name: string) => {
    const { conversations } = await host.call('conversations.list', {
      account_id: null,
      intake: 'active',
      limit: 100,
      cursor: null,
    });
    const found = conversations.find(({ consumer }) => consumer?.name === name);
    if (!found) throw new Error(`no conversation of ${name}`);
    return found;
  };
  await composer.pressSequentially('写到一半的话');
  // PV6: within a second of the last key.
  await page.waitForTimeout(1_000);
  const delayed = await serve('买家卯');
  await host.call('settings.set', { send_delay_ms: 20_000 });
  await composer.fill('还在延时里的话');
  await composer.press('Enter');
  await expect
    .poll(
      async () =>
        (await host.call('messages.page', { conversation_key: (await key('买家卯')).key, limit: 5 })).outgoing.length,
    )
    .toBe(1);
  await host.crash();
  await host.restart();
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /接待中/ })).toBeVisible();
  expect((await key('买家寅')).draft).toBe('写到一半的话');
  expect((await key('买家卯')).draft).toBe('还在延时里的话');
  await page.getByRole('option', { name: /买家卯/ }).click();
  await expect(composer).toHaveValue('还在延时里的话');
  await page.getByRole('option', { name: /买家寅/ }).click();
  await expect(composer).toHaveValue('写到一半的话');
  for (const id of [typed, delayed]) expect(await outbound(id)).toEqual([]);
});
