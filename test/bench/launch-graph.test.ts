import { expect, test } from 'vitest';
import { longestChain, readGraph } from '../../bench/launch/graph.ts';
import { aLaunch } from '../support/workspace-runs.ts';

test('each step of a launch waits for what it takes, and for nothing else', async () => {
  expect(Object.fromEntries(await readGraph(aLaunch()))).toEqual({
    record: [],
    preflight: ['record'],
    'reserve-slots': ['preflight'],
    foundation: ['preflight'],
    network: ['reserve-slots', 'preflight'],
    squid: ['network', 'preflight'],
    'launch-template': ['reserve-slots', 'preflight'],
    'compute-environment': ['network', 'foundation', 'launch-template', 'preflight'],
    'job-queue': ['compute-environment'],
    'jobs-role': ['foundation', 'reserve-slots'],
    'client-user': ['foundation', 'jobs-role'],
    'access-key': ['client-user'],
    publish: ['preflight', 'foundation', 'access-key', 'jobs-role', 'job-queue', 'squid'],
  });
});

test('workers that are there from the start have a way out when they boot', async () => {
  const input = aLaunch();
  const nextflow = { ...input.workspace.nextflow, 'instance-min-vcpus': 4 };
  const graph = await readGraph({ ...input, workspace: { ...input.workspace, nextflow } });
  expect(graph.get('compute-environment')).toContain('squid');
});

test('the longest chain is the one with the greatest sum, not the one with most steps', () => {
  const graph = new Map([
    ['start', []],
    ['short', ['start']],
    ['shorter', ['short']],
    ['long', ['start']],
    ['end', ['shorter', 'long']],
  ]);
  const ownMs = (step: string): number => (step === 'long' ? 10 : 2);
  expect(longestChain(graph, ownMs)).toEqual({ steps: ['start', 'long', 'end'], ms: 14 });
  expect(longestChain(graph, () => 1)).toEqual({ steps: ['start', 'short', 'shorter', 'end'], ms: 4 });
});
