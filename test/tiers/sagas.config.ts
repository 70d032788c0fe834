import { defineConfig } from 'vitest/config';
import { PATIENCE } from './patience.ts';

/**
 * The lives of each kind beyond a launch and its end, as workflows and in the sandbox: changes, rotations, removals, exits.
 * By their names, so that `npm test` can leave the same ones out.
 */
export const SAGA_FILES = [
  'test/bootstrap/{apply,cli}.test.ts',
  'test/domain/published-roles.test.ts',
  'test/e2e/{compute*,egress,examples,keys,limits,relaunch,rotate,storage,sweep,terminate,workspace-watch}.test.ts',
  'test/workflows/{compute,compute-steps,credential-forms,exits,key-holder,key-rotation,launch-refusals,record-away,rotate,storage,sweep,terminate,undo,workspace-watch}.test.ts',
];

/** Whole lives on real servers, which take longer than a developer waits between two changes. */
export default defineConfig({
  test: {
    ...PATIENCE,
    include: SAGA_FILES,
    isolate: false,
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they work: by default two cores would get one worker.
    maxWorkers: 2,
  },
});
