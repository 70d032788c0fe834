/**
 * The claim of an environment's name in an account: an SSM parameter, which can be made only where there is none, so that
 * of any number of installations exactly one gets the name.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
 */
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { type Claimant, claimParameter, parseClaimant, renderClaimant } from '#domain/core/environment-claim.ts';
import type { Aws } from './clients.ts';
import { ignoreNotFound } from './errors.ts';

type Ssm = ReturnType<Aws['ssm']>;

/** Undefined where nobody has claimed it. */
export const findClaimant = async (ssm: Ssm, environment: string): Promise<Claimant | undefined> => {
  const found = await ssm.send(new GetParameterCommand({ Name: claimParameter(environment) })).catch(ignoreNotFound);
  const value = found?.Parameter?.Value;
  return value === undefined ? undefined : parseClaimant(value);
};

/** @throws AlreadyExists where somebody has claimed it, unless it is taken over */
export const putClaimant = async (
  ssm: Ssm,
  environment: string,
  claimant: Claimant,
  { takesOver }: { readonly takesOver: boolean },
): Promise<void> => {
  await ssm.send(
    new PutParameterCommand({
      Name: claimParameter(environment),
      Value: renderClaimant(claimant),
      Type: 'String',
      Description: `The installation of Eyrie that works here as ${environment}: its control bucket and mark`,
      Overwrite: takesOver,
    }),
  );
};
