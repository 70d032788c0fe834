/** A key holder as the API finds it: its record, and the question that its workflow is asked. */
import type { Leases } from '#control/leases.ts';
import type { Seals } from '#control/seals.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { HolderInput, KeyHolderInput, KeySettings } from '#domain/keys/input.ts';
import { iamUserName } from '#domain/keys/names.ts';
import { type HolderRole, holderName, keyHolderSubject, mayHoldKeys } from '#domain/keys/subject.ts';
import type { Question } from '#temporal/ask.ts';
import type { ControlStore } from '../ports.ts';
import { ApiProblem } from '../problems.ts';

export type Ask = <Answer>(question: Question) => Promise<Answer>;

export interface KeyDeps {
  readonly ask: Ask;
  readonly control: Pick<ControlStore, 'records' | 'credentials'> & {
    readonly seals: Pick<Seals, 'open'>;
    readonly leases: Pick<Leases, 'take' | 'release' | 'live'>;
  };
  readonly hostname: string;
  /** H */
  readonly environment: string;
  readonly region: string;
  /** Eyrie's own account, where the users' buckets are. */
  readonly accountId: () => Promise<string>;
  readonly settings: KeySettings;
  readonly timing: Timing;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Whose keys, and the bucket that they open. */
export interface KeyUser {
  readonly userId: string;
  readonly bucket: string;
}

export interface Holder {
  readonly subject: SubjectRef;
  readonly ask: <Answer>(update: string, arg: unknown, updateId: string) => Promise<Answer>;
}

/** @throws Invalid for a user id that can't hold keys of this role */
export const holderOf = (deps: KeyDeps, { userId, bucket }: KeyUser, role: HolderRole): Holder => {
  const { hostname, environment, region, settings, timing } = deps;
  if (!mayHoldKeys(userId) || iamUserName(hostname, holderName(userId, role)) === undefined) {
    throw new ApiProblem(
      'Invalid',
      'there are no keys for this user id: it ends in -bot, or is no name for an IAM user',
    );
  }
  const subject = keyHolderSubject(environment, userId, role);
  return {
    subject,
    async ask(update, arg, updateId) {
      const account = { accountId: await deps.accountId(), region, roleArn: null, externalId: null };
      const holder: HolderInput = { environment, hostname, userId, role, bucket, account };
      const input: KeyHolderInput = { holder, settings, timing };
      return await deps.ask({
        ...{ subject, workflowType: 'keyHolder', input, update, arg, updateId },
        summary: `keys of ${subjectId(subject)}`,
      });
    },
  };
};
