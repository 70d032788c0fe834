/** Which workers are given anything, as Temporal tells of its task queue. */
import { expect, test } from 'vitest';
import { checkCurrentBuild } from '#doctor/current-build.ts';

const installation = { environment: 'localhost', controlBucket: 'control' };
const VERSIONED = 2;
const of = (buildId: string) => ({
  deploymentOptions: { deploymentName: 'eyrie-localhost-control', buildId, workerVersioningMode: VERSIONED },
});
const WITHOUT = { deploymentOptions: null };
const current = (buildId: string) => ({ currentDeploymentVersion: { deploymentName: 'd', buildId } });

test.each([
  ['workers without a build, and none is current', { pollers: [WITHOUT], versioningInfo: null }],
  ['workers of the current build', { pollers: [of('v2')], versioningInfo: current('v2') }],
  ['those beside former ones', { pollers: [WITHOUT, of('v1'), of('v2')], versioningInfo: current('v2') }],
  ['nobody, which is told elsewhere', { pollers: [], versioningInfo: current('v2') }],
])('nothing is said of %s', (_, answer) => {
  expect(checkCurrentBuild(answer, installation)).toEqual([]);
});

const COMMAND = 'temporal worker deployment set-current-version --deployment-name eyrie-localhost-control';

test.each([
  ['a build that none runs', { pollers: [of('v1')], versioningInfo: current('v2') }, 'build v2', '--build-id v1'],
  ['the way back', { pollers: [WITHOUT], versioningInfo: current('v2') }, 'build v2', '--unversioned'],
  ['a first build', { pollers: [of('v1')], versioningInfo: null }, 'workers without worker.buildId', '--build-id v1'],
])('%s: new work waits, and the command that ends it', (_, answer, waitsFor, flag) => {
  const [finding] = checkCurrentBuild(answer, installation);
  expect(finding).toMatchObject({ verdict: 'problem', check: 'current build' });
  expect(finding?.detail).toContain(`gives new work to ${waitsFor}, none of which runs`);
  expect(finding?.todo).toContain(`${COMMAND} ${flag}`);
});
