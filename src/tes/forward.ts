/**
 * The credentials that a TES server gets for a task: as headers of the call that makes it, and nowhere else. They are
 * neither in the task nor in its tags, and never logged.
 */
import { randomUUID } from 'node:crypto';
import type { TesCaller } from './access.ts';
import { grantsOf, type TaskReach } from './files.ts';
import type { MintTaskSession, SystemKeys } from './ports.ts';
import { TesProblem } from './problem.ts';

export type ForwardMode = 'system-key' | 'session' | 'none';

export interface HeaderNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
}

export interface ForwardOptions {
  readonly mode: ForwardMode;
  readonly headers: HeaderNames;
  /** The caller's own token as well, which the plugin of Gen3's Funnel asks for. */
  readonly authorization: boolean;
  readonly region: string;
  /** Where a session is good: the S3 endpoint of this deployment. */
  readonly endpoint: () => string;
  readonly mint: MintTaskSession | undefined;
  readonly systemKeys: SystemKeys | undefined;
}

export interface Forwarded {
  readonly headers: Readonly<Record<string, string>>;
  /** For the log; undefined where no key goes along. */
  readonly accessKeyId: string | undefined;
  /** The task is there. */
  readonly begun: (taskId: string) => Promise<void>;
  /** It is certain that there is none. */
  readonly refused: () => Promise<void>;
}

export interface ForwardRequest {
  readonly caller: TesCaller;
  readonly userId: string;
  /** Undefined: this user can have none. */
  readonly bucket: string | undefined;
  readonly reach: TaskReach;
}

export type Forward = (request: ForwardRequest) => Promise<Forwarded>;

export const createForward = (options: ForwardOptions): Forward => {
  const { mode, headers: names, region } = options;

  const keysOf = async ({ caller, userId, bucket, reach }: ForwardRequest): Promise<Forwarded> => {
    if (mode === 'none' || bucket === undefined) return NOTHING;
    const shared = { [names.region]: region, [names.bucket]: bucket };
    if (mode === 'session') {
      if (!options.mint) throw unavailable('there is no S3 endpoint to make sessions for');
      const { accessKeyId, secretAccessKey, sessionToken } = await options.mint(caller, grantsOf(reach));
      return {
        headers: {
          ...shared,
          [names.accessKeyId]: accessKeyId,
          [names.secretAccessKey]: secretAccessKey,
          [names.sessionToken]: sessionToken,
          [names.endpoint]: options.endpoint(),
        },
        accessKeyId,
        ...NOTHING_KEPT,
      };
    }
    const { systemKeys } = options;
    const key = await systemKeys?.newestForwardable(userId);
    if (!systemKeys || !key) throw unavailable('there is no system key to forward: this API makes none');
    const { accessKeyId, secretAccessKey } = key;
    // Leased before it leaves. Where nobody knows what came of the task, this lease ends by itself.
    const pending = `pending-${randomUUID()}`;
    await systemKeys.lease({ userId, accessKeyId, task: pending });
    return {
      headers: { ...shared, [names.accessKeyId]: accessKeyId, [names.secretAccessKey]: secretAccessKey },
      accessKeyId,
      async begun(taskId) {
        await systemKeys.lease({ userId, accessKeyId, task: taskId, handedOut: true });
        await systemKeys.release(userId, pending);
      },
      refused: () => systemKeys.release(userId, pending),
    };
  };

  return async (request) => {
    const forwarded = await keysOf(request);
    if (!options.authorization) return forwarded;
    return { ...forwarded, headers: { ...forwarded.headers, authorization: `Bearer ${request.caller.bearer}` } };
  };
};

const NOTHING_KEPT = { begun: async () => {}, refused: async () => {} };
const NOTHING: Forwarded = { headers: {}, accessKeyId: undefined, ...NOTHING_KEPT };

const unavailable = (detail: string): TesProblem => new TesProblem('Unavailable', detail);
