/** What the rules of Batch share. */
import type { World } from '../../core/world.ts';
import type { Behaviours } from './job-behaviour.ts';
import type { Settle } from './settle.ts';
import type { Store } from './state.ts';
import type { Verdicts } from './verdict.ts';

export interface BatchDeps {
  readonly world: World;
  readonly store: Store;
  readonly settle: Settle;
  readonly verdicts: Verdicts;
  readonly behaviours: Behaviours;
}
