/** The sandbox's admin API as tests and tools see it, and an account of their own in it. */
import { randomInt } from 'node:crypto';
import type { InventoryItem } from './core/service.ts';
import type { FaultRule, FaultState } from './endpoint/faults.ts';
import type { JournalEntry } from './endpoint/journal.ts';

export type { FaultRule, FaultState, InventoryItem, JournalEntry };

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
  /** Numbers by the names of limits. Answers with all of them. */
  quotas(changes: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>>;
  /** How AWS behaves in this account where nobody knows: answers by the names of open questions. */
  worlds(changes: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** The scale of delays for this account alone. */
  scale(scale: number): Promise<void>;
  /** So many milliseconds pass at once in this account alone: what was to end within them has ended. */
  pass(ms: number): Promise<void>;
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

/** Every secret that the sandbox issued: none of them may stand in a log, a history or a record. */
export const issuedSecrets = async (aws: string): Promise<string[]> =>
  (await adminCall(aws, 'GET', 'secrets')) as string[];

/** An account that nobody has used yet. @param aws the sandbox's AWS address */
export const freshAccount = (aws: string): SandboxAccount => {
  const id = `${randomInt(100_000, 1_000_000)}${randomInt(100_000, 1_000_000)}`;
  const credentials = { accessKeyId: id, secretAccessKey: 'sandbox' };
  const call = (method: string, path: string, body?: unknown) => adminCall(aws, method, path, body);
  return {
    id,
    endpoint: aws,
    region: REGION,
    credentials,
    client: { endpoint: aws, region: REGION, credentials, maxAttempts: 1, forcePathStyle: true },
    inventory: async () => (await call('GET', `accounts/${id}/inventory`)) as InventoryItem[],
    journal: async (after = 0) => (await call('GET', `journal?account=${id}&after=${after}`)) as JournalEntry[],
    async faults(...rules) {
      const scoped = rules.map((rule) => ({ ...rule, account: id }));
      return ((await call('POST', 'faults', scoped)) as { ids: string[] }).ids;
    },
    faultStates: async () => ((await call('GET', 'faults')) as FaultState[]).filter(({ account }) => account === id),
    clearFaults: async () => void (await call('DELETE', `faults?account=${id}`)),
    quotas: async (changes) => (await call('PUT', `accounts/${id}/quotas`, changes)) as Record<string, number>,
    worlds: async (changes) => (await call('PUT', `accounts/${id}/worlds`, changes)) as Record<string, unknown>,
    scale: async (scale) => void (await call('PUT', 'timing', { scale, account: id })),
    pass: async (passMs) => void (await call('PUT', 'timing', { passMs, account: id })),
    async seed(route, body) {
      const [method = 'POST', path = ''] = route.split(' ');
      return await call(method, `accounts/${id}/${path}`, body);
    },
  };
};
