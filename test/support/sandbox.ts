/** The sandbox as tests see it: an account of one's own, its inventory and journal, faults and delays for it alone. */
import { randomInt } from 'node:crypto';
import { inject, type TestContext } from 'vitest';
import type { InventoryItem } from '../../sandbox/core/service.ts';
import type { FaultRule, FaultState } from '../../sandbox/endpoint/faults.ts';
import type { JournalEntry } from '../../sandbox/endpoint/journal.ts';
import { type SandboxEndpoints, startSandboxProcess } from './sandbox-process.ts';

type Fault = Pick<FaultRule, 'service' | 'operation' | 'fault'> & Partial<FaultRule>;

export interface SandboxAccount {
  /** 12 digits. */
  readonly id: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ready for the constructor of an SDK client: root of the account, no retries. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
    readonly forcePathStyle: true;
  };
  inventory(): Promise<InventoryItem[]>;
  /** The calls of this account, after a sequence number. */
  journal(after?: number): Promise<JournalEntry[]>;
  /** Adds rules that hit this account only. Returns their ids. */
  faults(...rules: Fault[]): Promise<string[]>;
  /** The rules of this account with their hits. */
  faultStates(): Promise<FaultState[]>;
  clearFaults(): Promise<void>;
  quotas(changes: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>>;
  /** How AWS behaves in this account where nobody knows. */
  worlds(changes: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** The scale of delays for this account alone. */
  scale(scale: number): Promise<void>;
  /** Any admin route below the account, for example `POST images`. */
  seed(route: string, body: unknown): Promise<unknown>;
}

const REGION = 'us-east-1';

/** One admin call. @throws Error with the sandbox's words when it refuses */
export const adminCall = async (aws: string, method: string, path: string, body?: unknown): Promise<unknown> => {
  const response = await fetch(`${aws}/_sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

let own: Promise<SandboxEndpoints> | undefined;

/** The sandbox of this run; without the global set-up, one for this test file, which ends with it. */
export const sandboxEndpoints = (): Promise<SandboxEndpoints> => {
  const shared = inject('sandbox' as never) as SandboxEndpoints | undefined;
  if (shared) return Promise.resolve(shared);
  own ??= startSandboxProcess('--scale', '0', '--no-ui');
  return own;
};

/** Every secret that the sandbox issued: none of them may stand in a log, a history or a record. */
export const sandboxSecrets = async (): Promise<string[]> =>
  (await adminCall((await sandboxEndpoints()).aws, 'GET', 'secrets')) as string[];

/** As many calls as tell what went wrong. */
const CALLS_SHOWN = 25;

const showCalls = (calls: readonly JournalEntry[]): void => {
  const lines = calls
    .slice(-CALLS_SHOWN)
    .map((call) =>
      [call.seq, call.service, call.operation, call.resource, call.status, call.errorCode, call.fault].join(' '),
    );
  process.stderr.write(`last calls of the account:\n${lines.join('\n')}\n`);
};

/**
 * A fresh account. With the test's context the account's last calls are printed when the test fails.
 * `endpoint`: that of another sandbox than the shared one.
 */
export const sandboxAccount = async (t?: TestContext, endpoint?: string): Promise<SandboxAccount> => {
  const aws = endpoint ?? (await sandboxEndpoints()).aws;
  const id = `${randomInt(100_000, 1_000_000)}${randomInt(100_000, 1_000_000)}`;
  const credentials = { accessKeyId: id, secretAccessKey: 'sandbox' };
  const call = (method: string, path: string, body?: unknown) => adminCall(aws, method, path, body);
  const journal = async (after = 0) => (await call('GET', `journal?account=${id}&after=${after}`)) as JournalEntry[];
  t?.onTestFailed(async () => showCalls(await journal()));
  return {
    id,
    endpoint: aws,
    region: REGION,
    credentials,
    client: { endpoint: aws, region: REGION, credentials, maxAttempts: 1, forcePathStyle: true },
    inventory: async () => (await call('GET', `accounts/${id}/inventory`)) as InventoryItem[],
    journal,
    async faults(...rules) {
      const scoped = rules.map((rule) => ({ ...rule, account: id }));
      return ((await call('POST', 'faults', scoped)) as { ids: string[] }).ids;
    },
    faultStates: async () => ((await call('GET', 'faults')) as FaultState[]).filter(({ account }) => account === id),
    clearFaults: async () => void (await call('DELETE', `faults?account=${id}`)),
    quotas: async (changes) => (await call('PUT', `accounts/${id}/quotas`, changes)) as Record<string, number>,
    worlds: async (changes) => (await call('PUT', `accounts/${id}/worlds`, changes)) as Record<string, unknown>,
    scale: async (scale) => void (await call('PUT', 'timing', { scale, account: id })),
    async seed(route, body) {
      const [method = 'POST', path = ''] = route.split(' ');
      return await call(method, `accounts/${id}/${path}`, body);
    },
  };
};
