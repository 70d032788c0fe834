/** The control bucket: records, sealed secrets, claims, leases and intents. Worker and API use it alike. */
import type { AnyRecord, RecordCodec } from '#domain/core/record.ts';
import { type Claims, createClaims } from './claims.ts';
import { type Credentials, createCredentials } from './credential.ts';
import { createGivenNames, type GivenNames } from './given-names.ts';
import { createInstallationMark, type InstallationMark } from './installation-mark.ts';
import { createIntents, type Intents } from './intents.ts';
import { createLeases, type Leases } from './leases.ts';
import { createObjects, type S3Sender } from './objects.ts';
import { createRecords, type Records } from './records.ts';
import { assertSealingKeys, type SealingKey } from './sealing-keys.ts';
import { createSeals, type Seals } from './seals.ts';
import { createStarts, type Starts } from './starts.ts';
import { createSurvey, type Survey } from './survey.ts';
import { createSweeps, type Sweeps } from './sweeps.ts';
import { createTaskRequests } from './task-requests.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createTraces, type Traces } from './traces.ts';

export interface Control {
  /** Of one kind. */
  records<Body extends AnyRecord>(codec: RecordCodec<Body>): Records<Body>;
  readonly seals: Seals;
  readonly claims: Claims;
  readonly intents: Intents;
  readonly credentials: Credentials;
  readonly starts: Starts;
  /** Of one environment. */
  taskRequests(environment: string): ReturnType<typeof createTaskRequests>;
  readonly tokens: Tokens;
  readonly leases: Leases;
  readonly traces: Traces;
  readonly names: GivenNames;
  readonly sweeps: Sweeps;
  readonly survey: Survey;
  readonly installation: InstallationMark;
}

export interface ControlOptions {
  /** Sends with Eyrie's own rights in the control account. */
  readonly s3: S3Sender;
  readonly bucket: string;
  /** The first one seals, all of them open. */
  readonly sealingKeys: readonly SealingKey[];
  /** Milliseconds since the epoch; default: the clock. */
  readonly now?: () => number;
}

/** @throws Error where a sealing key is missing or has the wrong size. */
export const createControl = ({ s3, bucket, sealingKeys, now = Date.now }: ControlOptions): Control => {
  assertSealingKeys(sealingKeys);
  const objects = createObjects(s3, bucket);
  const seals = createSeals(objects, sealingKeys, now);
  const claims = createClaims(objects, now);
  return {
    records: (codec) => createRecords(objects, codec, now),
    seals,
    claims,
    intents: createIntents(objects),
    credentials: createCredentials({ claims, seals, now }),
    starts: createStarts(objects, now),
    taskRequests: (environment) => createTaskRequests(objects, environment),
    tokens: createTokens({ objects, seals, claims, now }),
    leases: createLeases(objects, now),
    traces: createTraces(objects),
    sweeps: createSweeps(objects),
    survey: createSurvey(objects),
    installation: createInstallationMark(objects, bucket, now),
    names: createGivenNames(objects, now),
  };
};
