/** One sandbox for a whole test run: tests keep apart by their accounts. Listed as `globalSetup` of vitest. */
import type { TestProject } from 'vitest/node';
import { type SandboxEndpoints, startSandboxProcess } from './sandbox-process.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sandbox: SandboxEndpoints;
  }
}

/** Scale 0: nothing waits unless a test slows its own account down. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const { ended: _ended, stop, ...endpoints } = await startSandboxProcess('--scale', '0', '--no-ui');
  project.provide('sandbox', endpoints);
  return stop;
};
