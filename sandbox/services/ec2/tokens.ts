/**
 * Client tokens: the same token with the same parameters gives the same object, with others it is refused. A call that
 * failed leaves no trace.
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */

import type { Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { type Ec2Deps, mutation, succeeded } from './state.ts';

/** Operations that take a token and have no other rule. */
const FORWARDED = ['CreateNetworkInterface', 'CreateVolume', 'CreateEgressOnlyInternetGateway', 'AllocateHosts'];

export const idempotent =
  (deps: Ec2Deps, rule: Rule): Rule =>
  async (call, forward) => {
    const { ClientToken: token, ...rest } = call.params;
    if (!token) return rule(call, forward);
    const { tokens } = deps.of(call);
    const key = `${call.operation}/${String(token)}`;
    const fingerprint = JSON.stringify(rest);
    const known = tokens.get(key);
    if (known && known.fingerprint !== fingerprint) {
      throw new AwsError(
        'IdempotentParameterMismatch',
        `Arguments on this idempotent request are inconsistent with arguments used in previous request(s). (token ${String(token)})`,
      );
    }
    if (known) return known.answer;
    const answer = await rule(call, forward);
    if (succeeded(answer)) tokens.set(key, { fingerprint, answer });
    return answer;
  };

export const tokenRules = (deps: Ec2Deps): Record<string, Rule> =>
  Object.fromEntries(
    FORWARDED.map((operation) => [
      operation,
      mutation(
        deps,
        idempotent(deps, (_call, forward) => forward()),
      ),
    ]),
  );
