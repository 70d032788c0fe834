/** The API with its routes for keys, before a holder whose workflow is played by the test. */
import type { Ask, KeyDeps } from '#api/keys/holder.ts';
import { createKeyHolders } from '#api/keys/key-holders.ts';
import { createSystemKeys } from '#api/keys/system-keys.ts';
import { createUserKeys } from '#api/keys/user-keys.ts';
import type { Control } from '#control/control.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { S3Error } from '#s3/errors.ts';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import type { Question } from '#temporal/ask.ts';
import { apiRig, ENVIRONMENT, OWN_ACCOUNT, TOKENS } from './rig.ts';

const DAY_MS = 86_400_000;
export const LIFE_MS = 30 * DAY_MS;

/** What the workflow of a holder would answer, by its update. */
export type Answers = Readonly<Record<string, (arg: never, question: Question, control: Control) => Promise<unknown>>>;

/** Whom each token names, as the S3 endpoint's identities have it; `tes` acts for alice. */
const WHO: Readonly<Record<string, { readonly userId: string; readonly kind: 'token' | 'client' }>> = {
  [TOKENS.alice]: { userId: 'alice', kind: 'token' },
  [TOKENS.bob]: { userId: 'bob', kind: 'token' },
  [TOKENS.hatchery]: { userId: 'alice', kind: 'client' },
  [TOKENS.operator]: { userId: 'olga-bot', kind: 'token' },
};

export const keyRig = (answers: Answers, { off = false, now = Date.now, denied = '', nameless = '' } = {}) => {
  const asked: Question[] = [];
  const warned: string[] = [];
  let system: ReturnType<typeof createSystemKeys> | undefined;
  const rig = apiRig({
    now,
    storage: {
      mint: {
        check: async (bearer: string) => {
          if (!WHO[bearer]) throw new S3Error('InvalidAccessKeyId');
        },
        permit: async (bearer: string, right: string) => {
          const who = WHO[bearer];
          if (!who) throw new S3Error('InvalidAccessKeyId');
          if (right === denied) throw new S3Error('AccessDenied');
          return { ...who, bucket: `gen3wf-localhost-${who.userId}`, clientId: undefined };
        },
      } as never,
      usernameOf: async (bearer) => (bearer === nameless ? undefined : 'somebody'),
      setup: {} as never,
      region: 'us-east-1',
      endpoint: () => 'http://127.0.0.1:1/s3',
    },
    keys: (control) => {
      const ask: Ask = async <T>(question: Question): Promise<T> => {
        asked.push(question);
        const answer = answers[question.update];
        if (!answer) throw new Error(`nobody answers ${question.update}`);
        return (await answer(question.arg as never, question, control)) as T;
      };
      const deps: KeyDeps = {
        ...{ ask, control, hostname: 'localhost', environment: ENVIRONMENT, region: 'us-east-1', now },
        accountId: async () => OWN_ACCOUNT,
        settings: { lifetimeMs: LIFE_MS, maxKeys: 2 },
        timing: DEFAULT_TIMING,
      };
      system = createSystemKeys({
        ...deps,
        log: { warn: (...said: unknown[]) => void warned.push(JSON.stringify(said)) } as never,
        bucketOf: (userId) => bucketNameOf('localhost', userId),
      });
      return { ...(!off && { userKeys: createUserKeys(deps) }), keyHolders: createKeyHolders(deps) };
    },
  });
  if (!system) throw new Error('no keys');
  return { ...rig, asked, warned, system };
};
