/** `node scripts/keep-bundles.ts`: bundles the workflows for all workers that are started from this folder. */
import { VERSIONED_WORKFLOWS, WORKFLOWS } from '#temporal/bundle-guard.ts';
import { keptBundle } from '#temporal/kept-bundle.ts';

for (const workflows of [WORKFLOWS, VERSIONED_WORKFLOWS]) await keptBundle(workflows);
