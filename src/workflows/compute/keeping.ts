import type { CreateInput } from '#domain/compute/input.ts';
import type { Keeping } from '../kernel/provision.ts';
import type { ComputeProgress } from './progress.ts';

/** By then it is no matter of waiting any more. */
const TRIES_MAX = 6;

/** A minute before the second try, two before the third, and so on: in looks, so that it is scaled as they are. */
const FIRST_PAUSE_LOOKS = 12;

/** `keep` and `resume`: what was made stays. `resume` tries again by itself, a bounded number of times. */
export const keepingOf = (
  { onFailure, timing }: Pick<CreateInput, 'onFailure' | 'timing'>,
  progress: ComputeProgress,
): { readonly keeping?: Keeping } => {
  if (onFailure === 'rollback') return {};
  const keeping: Keeping = {
    // Where nothing was made, there is nothing to keep; but what is missing may come.
    keeps: () => onFailure === 'resume' || progress.resources().some(({ origin }) => origin === 'created'),
    async again({ step }, tries, asked) {
      if (onFailure === 'keep' || tries >= TRIES_MAX) return false;
      const pauseMs = timing.lookEveryMs * FIRST_PAUSE_LOOKS * 2 ** (tries - 1);
      const next = `another try of the create, number ${tries + 1} of ${TRIES_MAX}`;
      return await progress.pause(progress.of(step), pauseMs, next, asked);
    },
  };
  return { keeping };
};
