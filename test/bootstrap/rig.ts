/** An account of the sandbox, and a configuration to set it up by. */
import type { TestContext } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { type Applied, applyBootstrap } from '#bootstrap/apply.ts';
import { type BootstrapOptions, planBootstrap } from '#bootstrap/plan.ts';
import { parseConfig } from '#config/load.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

export const HOSTNAME = 'brh.data-commons.org';
export const H = 'brh-data-commons-org';

export interface Overrides {
  readonly aws?: object;
  readonly more?: object;
}

export const aConfig = (account: Pick<SandboxAccount, 'id' | 'region' | 'endpoint'>, { aws, more }: Overrides = {}) =>
  parseConfig({
    environment: HOSTNAME,
    aws: {
      region: account.region,
      endpoint: account.endpoint,
      controlBucket: `eyrie-control-${account.id}`,
      ...aws,
    },
    sealingKeys: [{ id: 'test', key: Buffer.alloc(32, 1).toString('base64') }],
    auth: { issuer: 'https://login.example.org' },
    profiles: {},
    ...more,
  });

/** As soon as this, what passes by itself has passed in the sandbox. */
const PATIENCE_MS = 5_000;

export const setUp = async (
  account: SandboxAccount,
  options: Partial<BootstrapOptions> = {},
  config = aConfig(account),
): Promise<Applied[]> => {
  const plan = planBootstrap(config, {
    part: 'home',
    accountId: account.id,
    trusted: [`arn:aws:iam::${account.id}:root`],
    ...options,
  });
  const applied: Applied[] = [];
  for await (const one of applyBootstrap(plan, {
    createAws: (onCall) =>
      createAws({ endpoint: account.endpoint, credentials: async () => account.credentials, onCall }),
    timing: { ...DEFAULT_TIMING, propagationMs: 5_000, lookEveryMs: 50 },
    patienceMs: PATIENCE_MS,
  })) {
    applied.push(one);
  }
  return applied;
};

export const anAccount = (t?: TestContext): Promise<SandboxAccount> => sandboxAccount(t);
