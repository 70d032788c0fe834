import type { Removal } from '#domain/core/ownership.ts';
import type { JobDefinitionsSpec } from '#domain/resources/batch.ts';
import { find, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Nothing is made of it: clients register definitions, and they go with the compute environment. */
export const jobDefinitions = defineStep({
  name: 'job-definitions',
  expectedMs: minutes(1),
  async make(_: JobDefinitionsSpec): Promise<void> {},
  removalExpectedMs: minutes(10),
  async undo(spec: JobDefinitionsSpec, removal) {
    // A list that shrinks while it is read may hide some: it is read until nothing was left to take.
    while (await takeAll(spec, removal()));
  },
  remaining: (spec: JobDefinitionsSpec) => [
    {
      type: 'AWS::Batch::JobDefinition',
      names: [`${spec.namePrefix}*`],
      // A run makes none but its canaries', which are listed with those.
      look: async (by) => (by === 'run' ? [] : (await find.observeJobDefinitions(spec, null)).items),
    },
  ],
});

/** Was there any? */
const takeAll = async (spec: JobDefinitionsSpec, removal: Removal): Promise<boolean> => {
  let took = false;
  let from: string | null = null;
  do {
    const { items, next }: { readonly items: readonly unknown[]; readonly next: string | null } =
      await undo.deleteJobDefinitions(spec, removal, from);
    took ||= items.length > 0;
    from = next;
  } while (from !== null);
  return took;
};
