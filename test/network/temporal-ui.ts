/** Temporal's UI in a browser, as an operator goes through it: from a link to the list, from there to a workflow's page. */
import { chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { listUrl, queryOf, SAVED_QUERIES } from '#domain/core/saved-queries.ts';

/** Debian's. */
const CHROMIUM = '/usr/bin/chromium';

/** Of the window, in pixels. */
export const HEIGHT = 1100;

export interface TemporalUi {
  readonly page: Page;
  /** The list by one of the saved queries, once the workflow of this user's workspace is in it: its ids. */
  list(query: string, user: string): Promise<readonly string[]>;
  /** A click on it in that list, and on *User Metadata*: what stands there as soon as it says this. */
  details(user: string, says: string): Promise<string>;
  /** Sends an update as the exits say it: *More Actions*, *Send an Update*, name and data. */
  update(name: string, data: unknown): Promise<void>;
  close(): Promise<void>;
}

export const workflowOf = (user: string): string => `workspace/localhost/${user.replaceAll('-', '-2d')}`;

export const openTemporalUi = async (ui: string): Promise<TemporalUi> => {
  // As root there is no sandbox of its own; it sees nothing but this machine's own pages.
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-lcd-text'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: HEIGHT } });
  page.setDefaultTimeout(60_000);
  const workflows = () => page.locator('td a:visible', { hasText: /^\s*[a-z-]+\/localhost\// });
  const first = (locator: Locator): Locator => locator.first();
  const press = (text: string) => first(page.locator('button:visible', { hasText: text })).click();

  return {
    page,
    async list(query, user) {
      const saved = SAVED_QUERIES.find(({ name }) => name === query);
      if (!saved) throw new Error(`there is no query ${query}`);
      const url = listUrl({ ui, namespace: 'default' }, queryOf(saved, 'localhost'));
      let ids: readonly string[] = [];
      const look = async () => {
        await page.goto(url);
        await workflows()
          .first()
          .waitFor({ timeout: 5_000 })
          .catch(() => undefined); // none so far: visibility lags a little behind the workflows
        ids = (await workflows().allInnerTexts()).map((text) => text.trim());
        return ids;
      };
      await expect.poll(look, { message: `the list of ${query}` }).toContain(workflowOf(user));
      return ids;
    },
    async details(user, says) {
      await first(page.locator('td a:visible', { hasText: workflowOf(user) })).click();
      await first(page.locator('a:visible', { hasText: 'User Metadata' })).click();
      let text = '';
      const look = async () => {
        // Each text stands in a frame of its own.
        const frames = await page.locator('iframe:visible').all();
        const texts = frames.map((frame) => frame.contentFrame().locator('body').allInnerTexts());
        text = (await Promise.all(texts)).flat().join('\n');
        return text;
      };
      await expect.poll(look, { message: `the details of ${user}` }).toContain(says);
      return text;
    },
    async update(name, data) {
      await press('More Actions');
      await first(page.locator('[role=menuitem]:visible', { hasText: 'Send an Update' })).click();
      await first(page.getByRole('button', { name: 'Select an Update' })).click();
      await first(page.locator('[role=option]:visible', { hasText: name })).click();
      await first(page.locator('.cm-content[contenteditable=true]:visible')).click();
      await page.keyboard.insertText(JSON.stringify(data));
      const dialog = page.getByRole('dialog').filter({ hasText: 'Send an Update' });
      // The editor puts the data in order when it is left, and what is below it moves.
      await dialog.getByText('Single JSON payload supported').click();
      await expect.poll(() => dialog.locator('.cm-line').count()).toBeGreaterThan(1);
      const answered = page.waitForResponse((response) => response.url().includes(`/update/${name}`));
      await dialog.getByRole('button', { name: 'Submit' }).click();
      await answered;
    },
    close: () => browser.close(),
  };
};
