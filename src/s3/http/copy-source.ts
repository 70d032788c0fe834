/**
 * `x-amz-copy-source`: the second resource of a copy. It is decoded once, authorised, and sent on in our own encoding, so
 * that the upstream can't read it as another object than the one that was authorised.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import { S3Error } from '../errors.ts';
import { isBucketName } from './request.ts';
import { decodeOnce, encodeComponent, encodePath } from './uri.ts';

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  /**
   * The key if each plus that stood unencoded means a space: some clients encode like a form, others leave a plus as it is.
   * Undefined when there is only one reading.
   */
  readonly spacedKey: string | undefined;
}

const invalid = (): S3Error =>
  new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey', {
    ArgumentName: 'x-amz-copy-source',
  });

/** @throws S3Error InvalidArgument; NotImplemented for access points, which name objects by another authority */
export const parseCopySource = (value: string): CopySource => {
  if (/^\/?arn(:|%3a)/i.test(value)) throw new S3Error('NotImplemented', 'A copy source may not be an ARN.');
  const { path, versionId } = splitVersion(value);
  const withoutSlash = path.startsWith('/') ? path.slice(1) : /^%2f/i.test(path) ? path.slice(3) : path;
  const decoded = decodeOnce(latin1ToText(withoutSlash));
  if (decoded === undefined) throw invalid();
  const slash = decoded.indexOf('/');
  const bucket = slash < 0 ? '' : decoded.slice(0, slash);
  const key = decoded.slice(slash + 1);
  if (/^arn:/i.test(decoded)) throw new S3Error('NotImplemented', 'A copy source may not be an ARN.');
  if (key === '' || bucket === '') throw invalid();
  if (!isBucketName(bucket)) throw new S3Error('AccessDenied');
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError');
  return { bucket, key, versionId, spacedKey: spacedReading(withoutSlash) };
};

function splitVersion(value: string): { path: string; versionId: string | undefined } {
  const mark = value.lastIndexOf('?');
  if (mark < 0) return { path: value, versionId: undefined };
  const versionId = /^versionId=([^&?#]*)$/.exec(value.slice(mark + 1))?.[1];
  // A question mark belongs to the key only when it is encoded.
  if (versionId === undefined || value.slice(0, mark).includes('?')) throw invalid();
  const decoded = decodeOnce(versionId);
  if (!decoded) throw invalid();
  return { path: value.slice(0, mark), versionId: decoded };
}

/** A client that leaves the key unencoded sends UTF-8, which Node hands over byte by byte. */
const latin1ToText = (text: string): string => {
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? text : decoded;
};

/**
 * A plus can only mean a space where everything else is encoded as a form does it. A raw space, a %20 or an unencoded
 * sub-delimiter shows an encoder that would have left a plus alone.
 */
function spacedReading(raw: string): string | undefined {
  if (!raw.includes('+') || /%20| |[!$&'(),:;=@]/.test(raw)) return undefined;
  const decoded = decodeOnce(raw.replaceAll('+', ' '));
  return decoded?.slice(decoded.indexOf('/') + 1);
}

/** The header value to send. */
export const renderCopySource = ({ bucket, key, versionId }: CopySource): string => {
  const path = `/${bucket}/${encodePath(key)}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeComponent(versionId)}`;
};
