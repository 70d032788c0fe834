/** What the rules of EFS share. */
import type { World } from '../../core/world.ts';
import type { Store } from './state.ts';

export interface EfsDeps {
  readonly world: World;
  readonly store: Store;
}
