/** Progress on a terminal: one line per step that changes in place. */
import { Listr, type ListrTask } from 'listr2';
import type { StepView } from '#domain/core/operation.ts';
import type { Followed } from '../api-client.ts';

/** Steps that nothing more will happen to. */
const isOver = ({ state }: StepView): boolean =>
  state === 'done' || state === 'undone' || state === 'failed' || state === 'abandoned';

/** Follows the views to their end. @returns the last one. */
export const showLive = async <View extends Followed>(views: AsyncIterable<View>): Promise<View> => {
  const iterator = views[Symbol.asyncIterator]();
  const board = createBoard();
  let latest = await nextWithSteps(iterator, board.update);
  if (!latest) throw new Error('the API closed the event stream without an event');
  if (latest.steps.length === 0) return latest;
  const tasks = latest.steps.map((step) => board.task(step.name));
  const rendered = new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    // Whoever follows says what an interrupt means.
    registerSignalListeners: false,
    rendererOptions: { collapseErrors: false, showSubtasks: false },
  }).run();
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) break;
    latest = value;
    board.update(value);
  }
  board.end();
  await rendered;
  return latest;
};

/** The step list is known once a worker has answered. */
const nextWithSteps = async <View extends Followed>(
  iterator: AsyncIterator<View>,
  update: (view: View) => void,
): Promise<View | undefined> => {
  let latest: View | undefined;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return latest;
    latest = value;
    update(value);
    if (value.steps.length > 0) return value;
  }
};

/** The latest view, and who waits for a step of it to change. */
const createBoard = () => {
  const steps = new Map<string, StepView>();
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    const before = changed;
    changed = Promise.withResolvers<void>();
    before.resolve();
  };
  return {
    update(view: Followed): void {
      for (const step of view.steps) steps.set(step.name, step);
      wake();
    },
    end(): void {
      ended = true;
      wake();
    },
    task: (name: string): ListrTask => ({
      title: name,
      async task(_, line) {
        for (;;) {
          const step = steps.get(name);
          // A step that is done may still be undone: only the end of the operation settles it.
          if (step) line.title = titleOf(step);
          line.output = step?.waitingFor ?? step?.lastError?.message ?? '';
          if (ended || (step?.state === 'done' && isSettled(steps))) return finish(step, line);
          await changed.promise;
        }
      },
    }),
  };
};

/** While nothing has gone wrong, what is done stays done. */
const isSettled = (steps: ReadonlyMap<string, StepView>): boolean =>
  [...steps.values()].every((step) => step.state !== 'failed' && step.state !== 'undoing' && step.state !== 'undone');

const titleOf = ({ name, state, attempt }: StepView): string =>
  state === 'pending' || state === 'done' ? name : `${name} ${state}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;

const finish = (
  step: StepView | undefined,
  line: { skip(message?: string): void; title: string | undefined },
): void => {
  if (step?.state === 'failed') throw new Error(step.lastError ? `${step.name}: ${step.lastError.message}` : step.name);
  if (!step || !isOver(step)) line.skip(`${line.title ?? ''} not reached`);
};
