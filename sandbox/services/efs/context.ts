/** What the rules of EFS share. */
import type { Locks } from '../../core/locks.ts';
import type { World } from '../../core/world.ts';
import type { Store } from './state.ts';

export interface EfsDeps {
  readonly world: World;
  readonly store: Store;
  /** Creates of one account run one after the other, so that a check still holds when its object is made. */
  readonly serial: Locks;
}
