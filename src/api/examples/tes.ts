import type { Examples } from './examples.ts';

const TASK = {
  name: 'count',
  inputs: [{ url: 's3://gen3wf-localhost-42/in.txt', path: '/data/in.txt', type: 'FILE' }],
  outputs: [{ url: 's3://gen3wf-localhost-42/out.txt', path: '/data/out.txt', type: 'FILE' }],
  resources: { cpu_cores: 1, ram_gb: 2, disk_gb: 10 },
  executors: [{ image: 'alpine:3.20', command: ['wc', '-l', '/data/in.txt'], stdout: '/data/out.txt' }],
  tags: { project: 'genomes' },
};

export const TES_EXAMPLES: Examples = {
  tesServiceInfo: {
    answers: {
      200: {
        ...{ id: 'org.example.tes', name: 'Funnel', version: '0.11.2' },
        type: { group: 'org.ga4gh', artifact: 'tes', version: '1.1.0' },
        storage: ['s3://gen3wf-localhost-*'],
      },
    },
  },
  tesCreateTask: {
    body: { 'files in and out': TASK, 'the least': { executors: [{ image: 'alpine:3.20', command: ['true'] }] } },
    answers: { 200: { id: 'c0ffee' } },
  },
  tesListTasks: { answers: { 200: { tasks: [{ id: 'c0ffee', state: 'RUNNING' }], next_page_token: 'bmV4dA' } } },
  tesGetTask: { answers: { 200: { id: 'c0ffee', state: 'COMPLETE', ...TASK } } },
  tesCancelTask: { answers: { 200: {} } },
};
