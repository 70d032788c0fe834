/** The sandbox of this test run, and accounts in it. */
import {
  freshAccount,
  type InventoryItem,
  issuedSecrets,
  type JournalEntry,
  type SandboxAccount,
} from 'eyrie-sandbox/client';
import { type SandboxEndpoints, startSandboxProcess } from 'eyrie-sandbox/process';
import { inject, type TestContext } from 'vitest';

export type { InventoryItem, SandboxAccount };

let own: Promise<SandboxEndpoints> | undefined;

/** The sandbox of this run; without the global set-up, one for this test file, which ends with it. */
export const sandboxEndpoints = (): Promise<SandboxEndpoints> => {
  const shared = inject('sandbox' as never) as SandboxEndpoints | undefined;
  if (shared) return Promise.resolve(shared);
  own ??= startSandboxProcess('--scale', '0', '--no-ui');
  return own;
};

/** Every secret that the sandbox issued: none of them may stand in a log, a history or a record. */
export const sandboxSecrets = async (): Promise<string[]> => issuedSecrets((await sandboxEndpoints()).aws);

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
  const account = freshAccount(endpoint ?? (await sandboxEndpoints()).aws);
  t?.onTestFailed(async () => showCalls(await account.journal()));
  return account;
};

/** For `account.pass`: longer than most of what takes its time, and than all of it. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
