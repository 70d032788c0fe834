/** Builds all that the API does with keys, from the configuration. */
import type { Client } from '@temporalio/client';
import { timingOf } from '#config/derived.ts';
import { keySettingsOf } from '#config/keys.ts';
import type { Config } from '#config/schema.ts';
import type { Logger } from '#observability/logger.ts';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { ask } from '#temporal/ask.ts';
import type { ApiDeps } from '../deps.ts';
import type { KeyDeps } from './holder.ts';
import { createKeyHolders } from './key-holders.ts';
import { createSystemKeys, type SystemKeys } from './system-keys.ts';
import { createUserKeys } from './user-keys.ts';

export interface KeyParts extends Pick<KeyDeps, 'control' | 'environment' | 'accountId' | 'now'> {
  readonly config: Config;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly log: Logger;
}

/** A caller waits so long for a key to be made, proved or deleted; the workflow goes on. */
const WAIT_MS = 20_000;

export const createKeys = (
  parts: KeyParts,
): Pick<ApiDeps, 'userKeys' | 'keyHolders'> & { readonly systemKeys: SystemKeys } => {
  const { config, temporal, taskQueue, log } = parts;
  const deps: KeyDeps = {
    ...parts,
    ask: (question) => ask(question, { client: temporal, taskQueue, waitMs: WAIT_MS }),
    hostname: config.environment,
    region: config.s3.upstream.region ?? config.aws.region,
    settings: keySettingsOf(config.storage),
    timing: timingOf(config),
  };
  return {
    ...(config.storage.userKeys && { userKeys: createUserKeys(deps) }),
    systemKeys: createSystemKeys({ ...deps, log, bucketOf: (userId) => bucketNameOf(config.environment, userId) }),
    keyHolders: createKeyHolders(deps),
  };
};
