/**
 * Does EC2 know an instance profile and its role? It learns of them some seconds after IAM made them, and Batch answers
 * INVALID if asked before. A dry run tells.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html
 */
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { log } from '@temporalio/activity';
import { isAwsCode } from '#aws/errors.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf, type FailureCode, factsOf } from '#domain/core/failures.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';

/** Any image will do: the call is a dry run. */
const IMAGE_PARAMETER = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';
const DRY_RUN_TYPE = 't3.micro';

/** The service said nothing about what it was asked: it is asked again. */
const NO_ANSWER: readonly FailureCode[] = ['Throttled', 'Unavailable'];

/**
 * Whatever EC2 says but that it doesn't know the profile, a denial too, is about the probe and not about the profile: a
 * policy of the organisation may forbid this very instance and let Batch's through.
 * @throws NotYet while EC2 does not know it, or gives no answer.
 */
export const probeInstanceProfile = async (
  deps: Pick<ActivityDeps, 'aws' | 'timing'>,
  { account, name }: { readonly account: AccountRef; readonly name: string },
): Promise<void> => {
  try {
    const { Parameter } = await deps.aws.ssm(account).send(new GetParameterCommand({ Name: IMAGE_PARAMETER }));
    await deps.aws.ec2(account).send(
      new RunInstancesCommand({
        DryRun: true,
        ImageId: Parameter?.Value,
        InstanceType: DRY_RUN_TYPE,
        MinCount: 1,
        MaxCount: 1,
        IamInstanceProfile: { Name: name },
        MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
      }),
    );
  } catch (error) {
    const { awsCode, operation } = factsOf(error);
    if (codeOf(error) === 'NotYet' && isAwsCode(error, 'InvalidParameterValue')) {
      throw lookAgain(`EC2 does not know the instance profile ${name} yet`, deps, factsOf(error));
    }
    if (NO_ANSWER.includes(codeOf(error))) throw error;
    // Without a default VPC the dry run ends at the missing subnet, which is past the profile.
    if (isAwsCode(error, 'DryRunOperation', 'VPCIdNotSpecified', 'MissingInput')) return;
    log.info('the probe of the instance profile was refused; it counts as passed', { awsCode, operation });
  }
};
