/** Which step makes which call, seen from within: an activity's id begins with its step. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { Aws } from '#aws/clients.ts';
import { wrapCalls } from './wrapped-calls.ts';

/** The clients, and the steps that have called each operation (`ec2:CreateVpc`) by them. */
export const noteCalls = (aws: Aws): { readonly aws: Aws; readonly stepsOf: (call: string) => ReadonlySet<string> } => {
  const steps = new Map<string, Set<string>>();
  return {
    aws: wrapCalls(aws, (call, _account, send) => {
      const step = asyncLocalStorage.getStore()?.info.activityId.split('/')[0];
      if (step) steps.set(call, (steps.get(call) ?? new Set()).add(step));
      return send();
    }),
    stepsOf: (call) => steps.get(call) ?? new Set(),
  };
};
