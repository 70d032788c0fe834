/** Of what operators look at: schedules, sweeps, health. */
import type { Examples } from './examples.ts';
import { AT } from './workspaces.ts';

const SCHEDULE = {
  ...{ id: 'sweep', summary: 'looks for what is left over', paused: false, note: 'looks for what is left over' },
  nextRuns: ['2026-11-22T04:22:47.055Z'],
  lastRuns: [
    {
      ...{ workflowId: 'sweep/localhost-2026-11-21T04:12:00Z', runId: '01a226ed-7c78-77fa-8291-35bccb9e7428' },
      ...{ scheduledAt: '2026-11-21T04:12:00.000Z', startedAt: '2026-11-21T04:12:00.081Z', status: 'COMPLETED' },
      result: { looked: 36, findings: 1 },
    },
  ],
  ...{ running: false, missed: 0, skipped: 0 },
};

const RUN = {
  ...{ runId: '01a226ed-7c78-77fa-8291-35bccb9e7428', startedAt: AT, running: false, failed: null, stuck: null },
};

const SWEEP = {
  run: RUN,
  report: {
    ...{ at: AT, runId: RUN.runId, requestedBy: 'operator:olga', apply: false, olderThanHours: 24 },
    ...{ places: ['111122223333/us-east-1'], looked: 36, more: 0 },
    findings: [
      {
        ...{ kind: 'no-record', type: 'AWS::EC2::VPC', id: 'vpc-0123456789abcdef0', name: 'localhost-nf-jane-vpc' },
        ...{ account: '111122223333', region: 'us-east-1', owner: 'workspace/localhost/jane' },
        tags: { 'eyrie:workspace': 'localhost.jane', 'eyrie:environment': 'localhost' },
        ...{ since: '2026-11-19T08:00:00.000Z', why: 'its workspace has no record', action: 'remove' },
        ...{ command: 'aws ec2 delete-vpc --vpc-id vpc-0123456789abcdef0 --region us-east-1', outcome: null },
      },
    ],
  },
};

const METRICS = `# HELP eyrie_http_requests_total Requests answered
# TYPE eyrie_http_requests_total counter
eyrie_http_requests_total{method="GET",route="/v1/workspaces/:id",status="200"} 12
`;

export const OPERATIONS_EXAMPLES: Examples = {
  listSchedules: { answers: { 200: { items: [SCHEDULE] } } },
  runSchedule: { answers: { 202: { ...SCHEDULE, running: true } } },
  pauseSchedule: {
    body: { 'with a reason': { reason: 'AWS throttles this account today' }, 'without one': {} },
    answers: { 200: { ...SCHEDULE, paused: true, note: 'paused by operator:olga' } },
  },
  resumeSchedule: {
    body: { 'with a reason': { reason: 'AWS answers again' }, 'without one': {} },
    answers: { 200: { ...SCHEDULE, note: 'resumed by operator:olga' } },
  },
  startSweep: {
    body: {
      'only look': {},
      'take what has been left over in one account for a week': {
        ...{ account: '111122223333', apply: true, olderThanHours: 168 },
      },
    },
    answers: { 202: { run: { ...RUN, running: true }, report: null } },
  },
  showLatestSweep: { answers: { 200: SWEEP } },
  showLiveness: { answers: { 200: { live: true } } },
  showReadiness: {
    answers: {
      200: { ready: true, checks: { temporal: 'ok', controlBucket: 'ok' } },
      503: { ready: false, checks: { temporal: 'does not answer', controlBucket: 'ok' } },
    },
  },
  showVersion: { answers: { 200: { version: '0.1.0', commit: '45a4733eb1aeb54ad57cc7ab67d08f6729f7b011' } } },
  showStatus: { answers: { 200: 'Healthy', 503: 'Unhealthy' } },
  showMetrics: { answers: { 200: METRICS } },
};
