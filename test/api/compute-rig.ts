/** Compute environments in the API's rig: made through the API, ended as their workflows would end them. */

import type { CreateInput } from '#domain/compute/input.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import { type ApiAnswer, type ApiRigOptions, apiRig, type Caller, ENVIRONMENT } from './rig.ts';

export const PATH = '/v1/compute-environments';

export const aBody = (changes: object = {}, forge: object = {}, config: object = {}) => ({
  name: 'genomes',
  platform: 'aws-batch',
  config: {
    region: 'us-east-1',
    workDir: 's3://scratch/dir',
    forge: { type: 'SPOT', maxCpus: 64, ...forge },
    ...config,
  },
  ...changes,
});

export const computeOf = ({ body }: ApiAnswer): ComputeView => body as ComputeView;

export const computeRig = (options: ApiRigOptions = {}) => {
  const rig = apiRig(options);
  const records = rig.control.records(COMPUTE_RECORDS);
  const subjectOf = (forgeId: string) => computeSubject({ environment: ENVIRONMENT, forgeId });
  const now = options.now ?? Date.now;

  /** The create ends as its workflow would end it: record written, run closed. */
  const finish = async (forgeId: string, changes: Partial<ComputeRecord> = {}): Promise<ComputeRecord> => {
    const subject = subjectOf(forgeId);
    const fake = rig.workflows.runOf(subject);
    const input = fake?.input as unknown as CreateInput;
    const stored = await records.read(subject);
    const nowIso = new Date(now()).toISOString();
    const first: ComputeRecord = {
      version: 1,
      subject,
      id: `${ENVIRONMENT}.${forgeId}`,
      compute: input.compute,
      computeBefore: null,
      phase: 'available',
      phaseBefore: null,
      operation: null,
      runId: input.runId,
      fingerprint: input.fingerprint,
      onFailure: input.onFailure,
      steps: [],
      resources: [],
      outputs: null,
      deleted: [],
      canaries: [],
      error: null,
      degraded: null,
      leftovers: [],
      retained: [],
      unfinished: [],
      remedy: null,
      dataConfirmed: false,
      hidden: false,
      primary: false,
      lastValidated: null,
      heard: fake?.run.runId ?? '',
      createdAt: nowIso,
      updatedAt: nowIso,
      disposedAt: null,
    };
    const record: ComputeRecord = { ...(stored?.record ?? first), heard: first.heard, ...changes };
    if (stored) await records.write(record, stored.etag);
    else await records.create(record);
    rig.workflows.closeOf(subject, record.phase.startsWith('failed') ? 'FAILED' : 'COMPLETED');
    return record;
  };

  const post = (body: unknown, headers: Record<string, string> = {}, as: Caller = 'operator') =>
    rig.call(as, 'POST', PATH, body, headers);

  /** One that is available. */
  const created = async (body: unknown = aBody(), changes: Partial<ComputeRecord> = {}): Promise<ComputeRecord> => {
    const answer = await post(body);
    if (answer.status !== 202) throw new Error(answer.text);
    return finish(computeOf(answer).forgeId, changes);
  };

  return {
    ...rig,
    post,
    created,
    finish,
    get: (id: string, as: Caller = 'operator') => rig.call(as, 'GET', `${PATH}/${id}`),
    recordOf: async (forgeId: string): Promise<ComputeRecord> => {
      const stored = await records.read(subjectOf(forgeId));
      if (!stored) throw new Error(`there is no compute environment ${forgeId}`);
      return stored.record;
    },
    runOf: (forgeId: string) => rig.workflows.runOf(subjectOf(forgeId)),
    closeOf: (forgeId: string, status: string) => rig.workflows.closeOf(subjectOf(forgeId), status),
    changeOf: (forgeId: string, changes: Parameters<typeof rig.workflows.changeOf>[1]) =>
      rig.workflows.changeOf(subjectOf(forgeId), changes),
  };
};
