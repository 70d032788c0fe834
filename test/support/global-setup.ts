/**
 * One sandbox and one bundle of the workflows for a whole test run: tests keep apart by their accounts. Listed as
 * `globalSetup` of vitest.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SandboxEndpoints, startSandboxProcess } from 'eyrie-sandbox/process';
import type { TestProject } from 'vitest/node';
import { keptBundle } from '#temporal/kept-bundle.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sandbox: SandboxEndpoints;
    /** Path of the bundled workflows. */
    workflows: string;
  }
}

/** Scale 0: nothing waits unless a test slows its own account down. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), 'eyrie-test-'));
  const workflows = join(folder, 'workflows.js');
  const [{ ended: _ended, stop, ...endpoints }] = await Promise.all([
    startSandboxProcess('--scale', '0', '--no-ui'),
    keptBundle().then(({ code }) => writeFile(workflows, code)),
  ]);
  project.provide('sandbox', endpoints);
  project.provide('workflows', workflows);
  return async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
};
