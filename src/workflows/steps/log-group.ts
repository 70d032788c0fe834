import type { LogGroupSpec } from '#domain/resources/logs.ts';
import { find, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

/** Where jobs write what they print. */
export const logGroup = defineStep({
  name: 'log-group',
  expectedMs: minutes(1),
  async make(spec: LogGroupSpec): Promise<{ name: string }> {
    await mutate.ensureLogGroup(spec);
    return { name: spec.name };
  },
  async undo(spec: LogGroupSpec, removal) {
    await undo.deleteLogGroup(spec, removal('ensureLogGroup'));
  },
  remaining: (spec: LogGroupSpec) => [
    { type: 'AWS::Logs::LogGroup', names: [spec.name], look: (by) => find.findRemainingLogGroup(spec, by) },
  ],
});
