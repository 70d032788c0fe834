/** The pictures of docs/operations/stuck.md. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDevProcess } from '../support/dev-process.ts';
import { openStage, SITUATIONS, type SituationName } from './situations.ts';
import { HEIGHT, openTemporalUi } from './temporal-ui.ts';

const FOLDER = fileURLToPath(new URL('../../docs/operations/images/', import.meta.url));

/** Picture → the list by which the workspace is found, and a word of its details. */
const PAGES = {
  throttled: { query: 'stuck', says: 'Throttled' },
  hung: { query: 'stuck', says: 'iam:GetUser of' },
  unwinding: { query: 'unwinding', says: 'It began with' },
  'left-over': { query: 'left-over', says: 'left over:' },
  'role-not-assumable': { query: 'failed', says: 'sts:AssumeRole' },
} as const satisfies Partial<Record<SituationName, object>>;

/** Left of it stands the menu of the UI. */
const PAGE = { x: 256, y: 48, width: 1184 };
/** Where the current details stand. */
const DETAILS = { x: 848, y: 322, width: 580 };
/** Below the last line. */
const MARGIN = 16;

test('pictures', async () => {
  mkdirSync(FOLDER, { recursive: true });
  // Not at once: what is given up after no time at all has heard nothing that the pictures could show.
  const dev = await startDevProcess('--scale', '0.02');
  const ui = await openTemporalUi(dev.state().temporalUi);
  try {
    const stage = await openStage(dev.state());
    await Promise.all((Object.keys(SITUATIONS) as SituationName[]).map((name) => stage.play(name)));
    const shoot = (name: string, clip: typeof PAGE, height: number) =>
      ui.page.screenshot({ path: `${FOLDER}${name}.png`, clip: { ...clip, height }, scale: 'css' });
    for (const name of ['proxy-never-ready', 'hung', 'throttled'] as const) await ui.list('stuck', name);
    await shoot('list', PAGE, 400);
    for (const [name, { query, says }] of Object.entries(PAGES)) {
      await ui.list(query, name);
      expect(await ui.details(name, says)).toContain(says);
      // As far down as the details go: the exits stand at their end.
      const boxes = await Promise.all(
        (await ui.page.locator('iframe:visible').all()).map((frame) => frame.boundingBox()),
      );
      const end = Math.max(...boxes.map((box) => (box ? box.y + box.height : 0))) + MARGIN;
      const clip = name === 'throttled' ? PAGE : DETAILS;
      await shoot(name, clip, Math.min(end, HEIGHT) - clip.y);
    }
  } finally {
    await ui.close();
    await dev.stop();
  }
});
