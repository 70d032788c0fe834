/** One AWS for tests that need neither Temporal nor workflows. Listed as `globalSetup` of vitest. */

import { startSandboxProcess } from 'eyrie-sandbox/process';
import type { TestProject } from 'vitest/node';

export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const {
    ended: _ended,
    stop,
    ...endpoints
  } = await startSandboxProcess('--scale', '0', '--no-temporal', '--no-issuer');
  project.provide('sandbox', endpoints);
  return stop;
};
