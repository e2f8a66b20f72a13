import { expect, type Locator, type Page } from '@playwright/test';
import type { TestHost } from './browser-host.ts';

/** What end-to-end tests of recall do in the window, in one page load: open a conversation, say something, ask for the menu. */
export interface RecallChat {
  /** Opens a conversation of mine by the consumer's name. */
  open(name: string): Promise<void>;
  /** Sends, and waits until the consumer has it. Answers with its bubble. */
  say(conversationId: string, text: string): Promise<Locator>;
  menu(bubble: Locator): Promise<void>;
  readonly item: Locator;
  readonly card: Locator;
  readonly dialog: Locator;
  readonly tombstone: Locator;
  closeMenu(): Promise<void>;
}

export function recallChat(page: Page, host: TestHost): RecallChat {
  return {
    async open(name) {
      await page.getByRole('tab', { name: /接待中/ }).click();
      await page.getByRole('option', { name: new RegExp(name) }).click();
      await expect(page.getByRole('heading', { name })).toBeVisible();
      // Sent within a second of switching, a text is asked about first (PV5).
      await page.waitForTimeout(1_100);
    },
    async say(conversationId, text) {
      const composer = page.getByRole('textbox', { name: '输入消息' });
      await composer.fill(text);
      await composer.press('Enter');
      await expect
        .poll(
          async () =>
            (await host.control.consumerView(conversationId)).messages.some((message) => message.text === text),
          { timeout: 20_000 },
        )
        .toBe(true);
      return page.getByRole('article').filter({ hasText: text });
    },
    menu: (bubble) => bubble.click({ button: 'right' }),
    item: page.getByRole('menuitem', { name: /撤回/ }),
    card: page.getByRole('group', { name: '补救' }),
    dialog: page.getByRole('dialog'),
    tombstone: page.getByText('你撤回了一条消息'),
    async closeMenu() {
      await page.keyboard.press('Escape');
      await expect(page.getByRole('menu')).toHaveCount(0);
    },
  };
}
