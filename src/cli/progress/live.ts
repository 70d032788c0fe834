/** Progress on a terminal: a board that is drawn anew in its place. */
import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Followed } from '../api-client.ts';
import { FRAME_MS, renderBoard } from './board.ts';
import type { RenderExits } from './plain.ts';

/** Follows the views to their end, whose board stays. @returns the last one; undefined where there was none */
export const showLive = async <View extends Followed>(
  views: AsyncIterable<View>,
  exits: RenderExits,
): Promise<View | undefined> => {
  const terminal = process.stdout;
  const draw = createLogUpdate(terminal);
  let latest: View | undefined;
  const show = (): void => {
    if (!latest) return;
    const { id } = latest;
    const lines = renderBoard(latest, {
      columns: terminal.columns,
      now: Date.now(),
      paint: (style, text) => styleText(style, text),
      exits: (stuck) => exits(id, stuck),
    });
    draw(lines.join('\n'));
  };
  const timer = setInterval(show, FRAME_MS);
  // However it is left, the cursor comes back and what was drawn last stays.
  process.once('exit', draw.done);
  try {
    for await (const view of views) {
      // A record knows no steps that were never begun.
      latest = view.steps.length === 0 && latest ? { ...view, steps: latest.steps } : view;
      show();
    }
    return latest;
  } finally {
    clearInterval(timer);
    draw.done();
    process.off('exit', draw.done);
  }
};
