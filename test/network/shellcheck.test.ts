/** Every shell script that Eyrie renders, read by a linter. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { squidUserData } from '#domain/workspace/squid-user-data.ts';
import { EVERYTHING, forgeScript, withinForgeScript } from './forge-script.ts';
import { VPC_CIDR } from './network.ts';
import { workerScript } from './worker-script.ts';

const proxy = (family: 'AL2' | 'AL2023') => squidUserData({ family, vpcCidr: VPC_CIDR });
const eachBoot = (script: string) => /eyrie-squid <<'EYRIE'\n([\s\S]*?)\nEYRIE/.exec(script)?.[1] ?? '';

const lint = (script: string) => {
  const { status, stdout } = spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' });
  return { status, stdout };
};

test.each([
  ['the proxy, AL2', proxy('AL2')],
  ['the proxy, AL2023', proxy('AL2023')],
  ['the proxy at each boot', eachBoot(proxy('AL2023'))],
  ['a worker, AL2', workerScript('AL2')],
  ['a worker, AL2023', workerScript('AL2023')],
  ['an instance of a compute environment', forgeScript('AL2023')],
  ['one that does all', forgeScript('AL2023', EVERYTHING)],
  ['one that does all, AL2', forgeScript('AL2', EVERYTHING)],
  ['its growing disk', withinForgeScript('eyrie-autoscale', EVERYTHING)],
  ['its CLI', withinForgeScript('bin/aws')],
])('%s', (_, script) => {
  expect(script).toMatch(/^#!\/bin\/(ba)?sh\n/);
  expect(lint(script)).toEqual({ status: 0, stdout: '' });
  // Control: it would find what is wrong.
  expect(lint(`${script}\ncd $1\n`).status).toBe(1);
});
