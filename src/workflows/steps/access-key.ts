import type { AccessKeySpec } from '#domain/workspace/specs.ts';
import { look, secret, undo } from '../activities.ts';
import { defineStep, minutes } from '../step.ts';

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
  async make(spec: AccessKeySpec, _user: { readonly userName: string }): Promise<FreshKey> {
    const key = await secret.ensureAccessKey(spec);
    await look.awaitAccessKeyUsable(spec, key.accessKeyId);
    return key;
  },
  async undo(spec: AccessKeySpec, removal) {
    await undo.deleteAccessKey(spec, removal('ensureAccessKey'));
  },
});
