/**
 * Bucket policies. moto would apply every Deny whatever its condition, so they never reach it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import { GetPublicAccessBlockCommand, S3Client } from '@aws-sdk/client-s3';
import { findResourcePolicyFaults } from '../../access/simulator.ts';
import type { Answer, Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { IAM } from '../iam/contract.ts';
import type { Bucket, Buckets } from './buckets.ts';

const SIZE_MAX = 20 * 1024;

type Statement = Readonly<Record<string, unknown>>;

const malformed = (message: string): AwsError => new AwsError('MalformedPolicy', message);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const isObject = (value: unknown): value is Statement =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const principalsOf = ({ Principal, NotPrincipal }: Statement): unknown[] => {
  const given = Principal ?? NotPrincipal;
  if (given === '*') return ['*'];
  return isObject(given) ? listOf(given.AWS ?? given.CanonicalUser) : [];
};

const checkResources = (bucket: string, statement: Statement): void => {
  const arn = `arn:aws:s3:::${bucket}`;
  const resources = listOf(statement.Resource ?? statement.NotResource).map(String);
  if (!resources.every((resource) => resource === arn || resource.startsWith(`${arn}/`))) {
    throw malformed('Policy has invalid resource');
  }
  const actions = listOf(statement.Action ?? statement.NotAction).map(String);
  if (!actions.every((action) => action === '*' || /^s3:/i.test(action))) throw malformed('Policy has invalid action');
  const onObjects = (action: string) => /^s3:(Get|Put|Delete)Object|^s3:(AbortMultipart|RestoreObject)/i.test(action);
  if (
    statement.Action !== undefined &&
    actions.every(onObjects) &&
    !resources.some((resource) => resource.includes('/'))
  ) {
    throw malformed('Action does not apply to any resource(s) in statement');
  }
};

const isPublic = (statement: Statement): boolean =>
  statement.Effect === 'Allow' && statement.Condition === undefined && principalsOf(statement).includes('*');

/** @throws MalformedPolicy */
const parsePolicy = async (world: World, bucket: string, text: string): Promise<readonly Statement[]> => {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (!isObject(policy)) throw malformed("Policies must be valid JSON and the first byte must be '{'");
  if (text.length > SIZE_MAX) throw malformed('Policy document exceeds the maximum allowed size.');
  const statements = listOf(policy.Statement);
  if (statements.length === 0) throw malformed('Missing required field Statement');
  for (const statement of statements) {
    if (!isObject(statement)) throw malformed('Policy has invalid statement');
    if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
      throw malformed('Missing required field Principal');
    }
    for (const principal of principalsOf(statement)) {
      if (!(await world.service(IAM).principalExists(String(principal))))
        throw malformed('Invalid principal in policy');
    }
    checkResources(bucket, statement);
  }
  const [fault] = await findResourcePolicyFaults(policy);
  if (fault) throw malformed(`Policy is not valid: ${fault}`);
  return statements.filter(isObject);
};

const blocksPublicPolicies = async (world: World, bucket: Bucket): Promise<boolean> => {
  try {
    const s3 = world.moto(S3Client, bucket.account, bucket.region);
    const found = await s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket.name }));
    return found.PublicAccessBlockConfiguration?.BlockPublicPolicy === true;
  } catch {
    return false; // The block was removed.
  }
};

const noContent = (answer: Answer): Answer => ({ ...answer, status: 204, body: Buffer.alloc(0) });

export const policyRules = (world: World, buckets: Buckets): Record<string, Rule> => {
  const bucketOf = ({ params }: Call): Bucket => buckets.mustFind(textOf(params, 'Bucket'));

  const withPolicy = (call: Call): Bucket => {
    const bucket = bucketOf(call);
    if (bucket.policyText !== undefined) return bucket;
    throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, { BucketName: bucket.name });
  };

  return {
    PutBucketPolicy: async (call) => {
      const bucket = bucketOf(call);
      const text = call.request.body.toString('utf8');
      const statements = await parsePolicy(world, bucket.name, text);
      if (statements.some(isPublic) && (await blocksPublicPolicies(world, bucket))) {
        throw new AwsError(
          'AccessDenied',
          `User: ${call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: ` +
            `"arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting ` +
            'in S3 Block Public Access.',
          403,
        );
      }
      bucket.policyText = text;
      bucket.policy = JSON.parse(text);
      return noContent(world.answer(call, {}));
    },
    GetBucketPolicy: async (call) => world.answer(call, { Policy: withPolicy(call).policyText }),
    GetBucketPolicyStatus: async (call) => {
      const { Statement } = withPolicy(call).policy as { Statement?: unknown };
      return world.answer(call, { PolicyStatus: { IsPublic: listOf(Statement).filter(isObject).some(isPublic) } });
    },
    DeleteBucketPolicy: async (call) => {
      const bucket = bucketOf(call);
      bucket.policyText = undefined;
      bucket.policy = undefined;
      return noContent(world.answer(call, {}));
    },
  };
};
