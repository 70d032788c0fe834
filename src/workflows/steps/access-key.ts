import type { AccessKeySpec } from '#domain/resources/identity.ts';
import { find, look, mutate, undo } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

export interface FreshKey {
  readonly accessKeyId: string;
  readonly createdAt: string;
  /** Keys of earlier launches: they work on for a grace, so that a second launch doesn't kill a running pipeline. */
  readonly earlier: readonly string[];
}

/** One fresh key: sealed before anybody knows of it, then proved to work. */
export const accessKey = defineStep({
  name: 'access-key',
  expectedMs: minutes(2),
  async make(spec: AccessKeySpec): Promise<FreshKey> {
    const key = await mutate.ensureAccessKey(spec);
    await look.awaitAccessKeyUsable(spec, key.accessKeyId);
    return key;
  },
  async undo(spec: AccessKeySpec, removal) {
    await undo.deleteAccessKey(spec, removal('ensureAccessKey'));
  },
  /** Keys have no name: their user's leads to them. */
  remaining: (spec: AccessKeySpec) => [
    { type: 'AWS::IAM::AccessKey', names: [spec.userName], look: (by) => find.findRemainingAccessKeys(spec, by) },
  ],
  park: {
    expectedMs: minutes(2),
    type: 'AWS::IAM::AccessKey',
    async run(spec, removal) {
      await undo.deactivateAccessKeys(spec, removal());
      await undo.deleteAccessKey(spec, removal());
    },
  },
});
