/**
 * May this caller assume this role, for so long, under this name?
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { evaluate, findIdentityPolicyFaults } from '../../access/simulator.ts';
import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { IAM, IAM_HOME, parseDocument } from '../iam/contract.ts';

export interface Assumption {
  readonly account: string;
  readonly roleName: string;
  readonly roleId: string;
  readonly sessionName: string;
  readonly seconds?: number;
}

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const SECONDS_MIN = 900;
const SECONDS_MAX = 43_200;
/** A role that was assumed by a role. */
const CHAINED_SECONDS_MAX = 3_600;

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

const violation = (value: string, member: string, constraint: string): AwsError =>
  invalid(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`);

const checkShape = ({ params, caller }: Call): void => {
  const name = textOf(params, 'RoleSessionName');
  if (name.length < 2) {
    throw violation(name, 'roleSessionName', 'Member must have length greater than or equal to 2');
  }
  if (name.length > 64) throw violation(name, 'roleSessionName', 'Member must have length less than or equal to 64');
  if (!SESSION_NAME.test(name)) {
    throw violation(name, 'roleSessionName', 'Member must satisfy regular expression pattern: [\\w+=,.@-]*');
  }
  if (!ROLE_ARN.test(textOf(params, 'RoleArn'))) throw invalid(`${textOf(params, 'RoleArn')} is invalid`);
  if (params.DurationSeconds === undefined) return;
  const seconds = Number(params.DurationSeconds);
  if (seconds < SECONDS_MIN) {
    throw violation(`${seconds}`, 'durationSeconds', `Member must have value greater than or equal to ${SECONDS_MIN}`);
  }
  if (seconds > SECONDS_MAX) {
    throw violation(`${seconds}`, 'durationSeconds', `Member must have value less than or equal to ${SECONDS_MAX}`);
  }
  if (caller.kind === 'role' && seconds > CHAINED_SECONDS_MAX) {
    throw invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
  }
};

/** AWS tells nothing of a role that the caller may not assume, least of all whether it exists. */
const refused = ({ caller, params }: Call): AwsError =>
  new AwsError(
    'AccessDenied',
    `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${textOf(params, 'RoleArn')}`,
    403,
  );

/** AWS lets no root assume a role. Here the root stands for whoever administers the account, so the trust decides. */
const isTrusted = async (world: World, call: Call, account: string, trust: unknown): Promise<boolean> => {
  const principal = await world.service(IAM).principalOf(call.caller);
  const externalId = textOf(call.params, 'ExternalId');
  const { allowed } = await evaluate({
    principal: call.caller.arn,
    action: 'sts:AssumeRole',
    resource: textOf(call.params, 'RoleArn'),
    resourceAccount: account,
    context: {
      'aws:PrincipalArn': principal.arn,
      'aws:PrincipalAccount': call.caller.account,
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '127.0.0.1',
      'sts:RoleSessionName': textOf(call.params, 'RoleSessionName'),
      ...(externalId && { 'sts:ExternalId': externalId }),
    },
    identityPolicies: principal.policies,
    boundary: principal.boundary,
    sessionPolicy: world.keyring.find(call.accessKeyId)?.sessionPolicy,
    resourcePolicy: trust,
  });
  return allowed;
};

/** @throws AccessDenied, ValidationError */
export const checkAssumption = async (world: World, call: Call): Promise<Assumption> => {
  checkShape(call);
  const arn = textOf(call.params, 'RoleArn');
  const [, account = '', roleName = ''] = ROLE_ARN.exec(arn) ?? [];
  const iam = world.service(IAM);
  const role = (await iam.snapshots.of(account)).roles.find(({ Arn }) => Arn === arn);
  if (!role) throw refused(call);
  if ((iam.roleReadyAt(account, roleName) ?? 0) > world.now()) throw refused(call);
  if (!(await isTrusted(world, call, account, parseDocument(role.AssumeRolePolicyDocument)))) throw refused(call);
  const seconds = call.params.DurationSeconds === undefined ? undefined : Number(call.params.DurationSeconds);
  if (seconds !== undefined) {
    const { Role } = await world.moto(IAMClient, account, IAM_HOME).send(new GetRoleCommand({ RoleName: roleName }));
    if (seconds > (Role?.MaxSessionDuration ?? CHAINED_SECONDS_MAX)) {
      throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
    }
  }
  const sessionName = textOf(call.params, 'RoleSessionName');
  return { account, roleName, roleId: role.RoleId ?? '', sessionName, ...(seconds !== undefined && { seconds }) };
};

const statementsOf = (policy: unknown): unknown[] => {
  const { Statement } = (policy ?? {}) as { Statement?: unknown };
  return Array.isArray(Statement) ? Statement : Statement === undefined ? [] : [Statement];
};

/** The session's own policy and the managed ones named for it, as one document; undefined without either. */
export const sessionPolicyOf = async (world: World, call: Call, account: string): Promise<unknown> => {
  const given = textOf(call.params, 'Policy');
  const arns = (Array.isArray(call.params.PolicyArns) ? call.params.PolicyArns : []) as { arn?: string }[];
  if (!given && arns.length === 0) return undefined;
  const statements: unknown[] = [];
  if (given) {
    const policy = parseDocument(given);
    if (policy === undefined || (await findIdentityPolicyFaults(policy)).length > 0) {
      throw new AwsError('MalformedPolicyDocument', 'Syntax errors in policy.');
    }
    statements.push(...statementsOf(policy));
  }
  for (const { arn = '' } of arns) {
    const document = await world.service(IAM).snapshots.document(account, arn);
    if (document === undefined) throw new AwsError('ValidationError', `The policy ${arn} does not exist.`);
    statements.push(...statementsOf(document));
  }
  return { Version: '2012-10-17', Statement: statements };
};
