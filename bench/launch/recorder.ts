/**
 * Which call was made for which step: the sandbox's journal knows the calls, the worker knows for which activity it made
 * them. Both are kept here and laid side by side afterwards.
 */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import type { Aws } from '#aws/clients.ts';

/** One call as the worker saw it, in milliseconds since the epoch. */
export interface Sent {
  readonly activityId: string;
  readonly attempt: number;
  readonly operation: string;
  readonly from: number;
  readonly to: number;
}

/** One attempt of one activity. */
export interface Attempt {
  readonly activityId: string;
  readonly workflowId: string;
  readonly attempt: number;
  readonly from: number;
  readonly to: number;
  /** False: it failed, and Temporal came back later. */
  readonly ended: boolean;
}

export interface Recorder {
  readonly sent: Sent[];
  readonly attempts: Attempt[];
  readonly wrap: (aws: Aws) => Aws;
  readonly interceptor: (context: Context) => ActivityInboundCallsInterceptor;
}

/** Sub-millisecond, on the clock of the journal. */
const now = (): number => performance.timeOrigin + performance.now();

type Send = (command: { readonly constructor: { readonly name: string } }, ...rest: unknown[]) => Promise<unknown>;
type Service = (account: unknown) => { readonly send: Send };

export const createRecorder = (): Recorder => {
  const sent: Sent[] = [];
  const attempts: Attempt[] = [];

  const recording =
    (send: Send): Send =>
    async (command, ...rest) => {
      const info = asyncLocalStorage.getStore()?.info;
      const from = now();
      try {
        return await send(command, ...rest);
      } finally {
        const operation = command.constructor.name.replace(/Command$/, '');
        sent.push({
          activityId: info?.activityId ?? '',
          attempt: info?.attempt ?? 0,
          operation,
          from,
          to: now(),
        });
      }
    };

  const wrap = (aws: Aws): Aws =>
    new Proxy(aws, {
      get(target, name: keyof Aws) {
        if (name === 'as') return (credentials: never) => wrap(target.as(credentials));
        const service = target[name] as unknown as Service;
        return (account: unknown) => ({ send: recording(service(account).send) });
      },
    });

  return {
    sent,
    attempts,
    wrap,
    interceptor: ({ info }) => ({
      async execute(input, next) {
        const from = now();
        let ended = false;
        try {
          const result = await next(input);
          ended = true;
          return result;
        } finally {
          const { activityId, attempt } = info;
          const workflowId = info.workflowExecution?.workflowId ?? '';
          attempts.push({ activityId, workflowId, attempt, from, to: now(), ended });
        }
      },
    }),
  };
};
