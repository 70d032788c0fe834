/**
 * Objects: intact bodies, encryption keys, ACLs that buckets refuse, deletes key by key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { Answer, Call, Forward, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { bucketArn, objectArn } from './actions.ts';
import type { Bucket, Buckets } from './buckets.ts';
import { checkDownloadKey, checkUploadKey } from './encryption.ts';
import { checkPayload } from './payload.ts';
import { checkResponseOverrides } from './response-overrides.ts';

/** ACLs that say no more than what holds anyway. */
const HARMLESS_ACLS: readonly (string | undefined)[] = [undefined, 'private', 'bucket-owner-full-control'];

const checkAcl = (call: Call, bucket: Bucket): void => {
  if (bucket.ownership !== 'BucketOwnerEnforced') return;
  const isAclCall = call.operation === 'PutObjectAcl' || call.operation === 'PutBucketAcl';
  if (!isAclCall && HARMLESS_ACLS.includes(call.request.headers['x-amz-acl'])) return;
  throw new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');
};

/** S3 writes over nothing, or over one version; "over any but this" it does not know. */
const checkCondition = ({ request }: Call): void => {
  const { 'if-none-match': none } = request.headers;
  if (none === undefined || none === '*') return;
  throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented.', 501, {
    Header: 'If-None-Match',
  });
};

interface DeleteRequest {
  readonly Delete?: { readonly Object?: { Key: string; VersionId?: string }[]; readonly Quiet?: string };
}

const parser = new XMLParser({ parseTagValue: false, trimValues: false, isArray: (name) => name === 'Object' });
const builder = new XMLBuilder();

export const objectRules = (world: World, buckets: Buckets): Record<string, Rule> => {
  const bucketOf = ({ params }: Call): Bucket => buckets.mustFind(textOf(params, 'Bucket'));

  /** `If-None-Match` and `If-Match` are moto's: it gets one call of an account at a time, so look and write are one. */
  const upload: Rule = async (call, forward) => {
    const bucket = bucketOf(call);
    checkAcl(call, bucket);
    checkCondition(call);
    const request = checkPayload(call);
    await checkUploadKey(world, call, bucket);
    return forward({ request });
  };

  const copy: Rule = async (call, forward) => {
    const bucket = bucketOf(call);
    checkAcl(call, bucket);
    await checkUploadKey(world, call, bucket);
    return forward();
  };

  /** Whoever may not list a bucket does not learn which keys it lacks. */
  const hideAbsence = async (call: Call, answer: Answer): Promise<void> => {
    if (answer.status !== 404) return;
    await world.mustBeAllowed(call, { action: 's3:ListBucket', resource: bucketArn(textOf(call.params, 'Bucket')) });
  };

  const download: Rule = async (call, forward) => {
    checkResponseOverrides(call);
    const answer = await forward();
    await hideAbsence(call, answer);
    if (call.operation === 'GetObject') await checkDownloadKey(world, call, bucketOf(call), answer);
    return answer;
  };

  const forwardKept = async (call: Call, forward: Forward, kept: DeleteRequest['Delete']): Promise<Answer> => {
    const body = Buffer.from(builder.build({ Delete: kept }));
    const { 'content-md5': _, ...headers } = call.request.headers;
    return forward({ request: { ...call.request, headers, body } });
  };

  const deleteObjects: Rule = async (call, forward) => {
    const bucket = bucketOf(call);
    const request = checkPayload(call);
    const { Delete } = parser.parse(request.body) as DeleteRequest;
    const objects = Delete?.Object ?? [];
    if (objects.length > 1000) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed.');
    const verdicts = await Promise.all(
      objects.map(({ Key, VersionId }) =>
        world.verdictOn(call, {
          action: VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
          resource: objectArn(bucket.name, Key),
        }),
      ),
    );
    const kept = objects.filter((_, index) => verdicts[index]?.allowed);
    if (kept.length === objects.length) return forward({ request });
    const errors = objects
      .filter((_, index) => !verdicts[index]?.allowed)
      .map(({ Key }) => ({ Key, Code: 'AccessDenied', Message: 'Access Denied' }));
    const answer =
      kept.length > 0 ? await forwardKept({ ...call, request }, forward, { ...Delete, Object: kept }) : undefined;
    const { Deleted = [], Errors = [] } = answer ? (world.decode(call, answer) as Record<string, unknown[]>) : {};
    return world.answer(call, { Deleted, Errors: [...Errors, ...errors] });
  };

  const noAcls: Rule = async (call, forward) => {
    checkAcl(call, bucketOf(call));
    return forward();
  };

  return {
    PutObject: upload,
    UploadPart: upload,
    CreateMultipartUpload: upload,
    CompleteMultipartUpload: upload,
    CopyObject: copy,
    UploadPartCopy: copy,
    GetObject: download,
    HeadObject: download,
    DeleteObjects: deleteObjects,
    PutObjectAcl: noAcls,
    PutBucketAcl: noAcls,
  };
};
