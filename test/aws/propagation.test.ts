/**
 * What AWS answers for seconds after a change that the answering service has not heard of yet. The rows are what
 * Terraform's provider waits out for the calls that Eyrie makes too; each must pass here as well, not end a launch.
 *
 * `NotYet` passes wherever it turns up. `NotFound` passes within the visibility window, by `whenVisible` around the call
 * or by the finder before it; `AlreadyExists` is tried again by its table.
 * @see https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service
 */
import { expect, test } from 'vitest';
import { classify } from '#aws/errors.ts';
import { codeOf, FAILURES, type FailureCode } from '#domain/core/failures.ts';

type Row = readonly [call: string, code: string, text: string, meaning: FailureCode];

const ROWS: readonly Row[] = [
  // internal/service/ec2/ec2_instance.go
  [
    'ec2:RunInstances',
    'InvalidParameterValue',
    'Value (p) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
    'NotYet',
  ],
  [
    'ec2:RunInstances',
    'InvalidParameterValue',
    'Value (arn:aws:iam::1:instance-profile/p) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN',
    'NotYet',
  ],
  [
    'ec2:RunInstances',
    'InvalidParameterValue',
    'IAM Instance Profile "arn:aws:iam::1:instance-profile/p" has no associated IAM Roles',
    'NotYet',
  ],
  // internal/service/iam
  ['iam:AddRoleToInstanceProfile', 'NoSuchEntity', 'The role with name r cannot be found.', 'NotFound'],
  ['iam:AttachRolePolicy', 'ConcurrentModification', 'was modified by another request', 'NotYet'],
  ['iam:AttachUserPolicy', 'ConcurrentModification', 'was modified by another request', 'NotYet'],
  ['iam:DetachGroupPolicy', 'ConcurrentModification', 'was modified by another request', 'NotYet'],
  ['iam:UpdateAssumeRolePolicy', 'NoSuchEntity', 'The role with name r cannot be found.', 'NotFound'],
  ['iam:CreateAccessKey', 'NoSuchEntity', 'The user with name u cannot be found.', 'NotFound'],
  ['iam:UpdateAccessKey', 'EntityTemporarilyUnmodifiable', 'is being changed', 'NotYet'],
  ['iam:DeleteRole', 'DeleteConflict', 'must remove roles from instance profile first.', 'NotYet'],
  ['iam:DeletePolicy', 'DeleteConflict', 'Cannot delete a policy attached to entities.', 'NotYet'],
  ['iam:DeleteUser', 'DeleteConflict', 'must delete access keys first.', 'NotYet'],
  // internal/service/ec2/vpc_*.go
  ['ec2:AttachInternetGateway', 'InvalidInternetGatewayID.NotFound', 'does not exist', 'NotFound'],
  ['ec2:DetachInternetGateway', 'DependencyViolation', 'has some mapped public address(es)', 'NotYet'],
  ['ec2:DeleteInternetGateway', 'DependencyViolation', 'has dependencies', 'NotYet'],
  ['ec2:AssociateRouteTable', 'InvalidRouteTableID.NotFound', 'does not exist', 'NotFound'],
  ['ec2:CreateRoute', 'InvalidParameterException', 'The target is not ready', 'NotYet'],
  ['ec2:ReplaceRoute', 'InvalidParameterException', 'The target is not ready', 'NotYet'],
  ['ec2:CreateRoute', 'InvalidGatewayID.NotFound', 'does not exist', 'NotFound'],
  ['ec2:DeleteSecurityGroup', 'DependencyViolation', 'has a dependent object', 'NotYet'],
  ['ec2:DeleteSecurityGroup', 'InvalidGroup.InUse', 'is in use', 'NotYet'],
  ['ec2:AuthorizeSecurityGroupIngress', 'InvalidGroup.NotFound', 'does not exist', 'NotFound'],
  ['ec2:DeleteSubnet', 'DependencyViolation', 'has dependencies', 'NotYet'],
  ['ec2:DeleteVpc', 'DependencyViolation', 'has dependencies', 'NotYet'],
  ['ec2:ModifyVpcAttribute', 'InvalidVpcID.NotFound', 'does not exist', 'NotFound'],
  ['ec2:CreateTags', 'InvalidInstanceID.NotFound', 'does not exist', 'NotFound'],
  // internal/service/s3, internal/service/kms
  ['s3:CreateBucket', 'OperationAborted', 'A conflicting conditional operation is in progress', 'NotYet'],
  ['s3:PutBucketPolicy', 'NoSuchBucket', 'The specified bucket does not exist', 'NotFound'],
  ['s3:PutBucketEncryption', 'OperationAborted', 'A conflicting conditional operation is in progress', 'NotYet'],
  ['kms:EnableKeyRotation', 'NotFoundException', 'Key does not exist', 'NotFound'],
  ['kms:CreateAlias', 'NotFoundException', 'Key does not exist', 'NotFound'],
  // internal/service/batch
  ['batch:UpdateComputeEnvironment', 'ClientException', 'Cannot update, resource is being modified', 'NotYet'],
  ['batch:DeleteComputeEnvironment', 'ClientException', 'found existing JobQueue relationship', 'NotYet'],
  ['batch:DeleteJobQueue', 'ClientException', 'Cannot delete, resource is being modified', 'NotYet'],
];

const meaningOf = (call: string, name: string, text: string): FailureCode => {
  const error = Object.assign(new Error(text), { name, $metadata: { httpStatusCode: 400 } });
  return codeOf(classify(error, { operation: call, write: true }));
};

test.each(ROWS)('%s: %s, %s', (call, code, text, meaning) => {
  expect(meaningOf(call, code, text)).toBe(meaning);
  expect(FAILURES[meaning].retry || meaning === 'NotFound').toBe(true);
});

test('what does not pass is no "not yet"', () => {
  // Control: the same codes about something else.
  expect(meaningOf('ec2:RunInstances', 'InvalidParameterValue', "Invalid value 'x' for InstanceType.")).toBe('Invalid');
  expect(meaningOf('ec2:CreateRoute', 'InvalidParameterValue', 'cannot route to local')).toBe('Invalid');
  expect(meaningOf('iam:UpdateAccessKey', 'UnmodifiableEntity', 'belongs to a service')).toBe('Invalid');
});
