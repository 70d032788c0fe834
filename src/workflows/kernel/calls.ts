/**
 * The activities as workflow code calls them, in groups that differ in patience; each offers what its verbs fit.
 * A call shows in the UI as `<step>/<activity>/<n>`.
 */
import type { Activities } from '#activities/index.ts';
import { callUntilEnd, insist } from './call.ts';
import type { Group } from './patience.ts';
import { type ActivityName, currentStep } from './step.ts';

/** The activities whose name begins with one of these verbs. */
type Verbs<V extends string> = {
  readonly [K in ActivityName as K extends `${V}${string}` ? K : never]: (
    ...args: Parameters<Activities[K]>
  ) => ReturnType<Activities[K]>;
};

const group = <V extends string>(name: Group): Verbs<V> =>
  new Proxy({} as Verbs<V>, {
    get:
      (_, activity: ActivityName) =>
      (...args: unknown[]) => {
        const context = currentStep();
        if (context.asks && name !== 'find') return context.asks(activity, args);
        const call = { group: name, activity, args, context };
        return name === 'undo' || context.insists ? insist(call) : callUntilEnd(call);
      },
  });

/** Reads something, and changes nothing. */
export const find = group<'find' | 'observe' | 'preflight' | 'remember'>('find');
/** Changes AWS. */
export const mutate = group<'claim' | 'ensure' | 'reserve'>('mutate');
/** One look per attempt; NotYet until it is so. */
export const look = group<'await' | 'join'>('look');
/** Takes away, or puts back what was; absent is success. */
export const undo = group<
  'await' | 'deactivate' | 'delete' | 'disable' | 'drain' | 'release' | 'restore' | 'retire' | 'terminate'
>('undo');

/** Takes away what may be too much for one call: goes on from where the last slice ended. */
export const slice = group<'empty'>('slice');

/** Pins an operation in a record of its own kind: `tried` fails it where it can't, `insisted` never gives up. */
export const open = { tried: group<'open'>('mutate'), insisted: group<'open'>('undo') } as const;

type Records = Verbs<'open' | 'change'>;

const records = group<'open' | 'change'>('mutate');
const insisting = group<'open' | 'change'>('undo');

/** Writes the record: a step's write fails the step, and what an operation must have written it insists on. */
export const record = {
  /** At the start of a launch. */
  open: (...args: Parameters<Records['openRecord']>) => records.openRecord(...args),
  /** At the start of a rotation. */
  openRotation: (...args: Parameters<Records['openRotation']>) => records.openRotation(...args),
  /** As the last step. */
  publish: (...args: Parameters<Records['changeRecord']>) => records.changeRecord(...args),
  /** At the start of a termination. */
  openTermination: (...args: Parameters<Records['openTermination']>) => insisting.openTermination(...args),
  /** Before the first call to AWS for a holder's keys. */
  openKeyHolder: (...args: Parameters<Records['openKeyHolder']>) => insisting.openKeyHolder(...args),
  /** After each change of its keys, and before each that takes one away. */
  changeKeyHolder: (...args: Parameters<Records['changeKeyHolder']>) => insisting.changeKeyHolder(...args),
  /** Of what a look has found. */
  health: (...args: Parameters<Records['changeHealth']>) => records.changeHealth(...args),
  /** At the end of an operation. */
  change: (...args: Parameters<Records['changeRecord']>) => insisting.changeRecord(...args),
} as const;
