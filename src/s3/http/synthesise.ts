/** Answers that need no upstream: what a principal's one bucket is, and whose. */
import { escapeXml, XML_DECLARATION } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** When a bucket was made is not known here, and nobody decides by it. */
const CREATION_DATE = '2006-02-03T16:45:09.000Z';

const owner = ({ userId }: Principal): string =>
  `<Owner><ID>${escapeXml(userId)}</ID><DisplayName>${escapeXml(userId)}</DisplayName></Owner>`;

export const renderBuckets = (principal: Principal, prefix: string): string => {
  const { bucket } = principal;
  const entry = bucket.startsWith(prefix)
    ? `<Bucket><Name>${bucket}</Name><CreationDate>${CREATION_DATE}</CreationDate></Bucket>`
    : '';
  return `${XML_DECLARATION}<ListAllMyBucketsResult xmlns="${NAMESPACE}">${owner(principal)}<Buckets>${entry}</Buckets></ListAllMyBucketsResult>`;
};

/** A listing of nothing, in the form of both versions. */
export const renderEmptyList = ({ bucket }: Principal): string =>
  `${XML_DECLARATION}<ListBucketResult xmlns="${NAMESPACE}"><Name>${bucket}</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>`;

/** us-east-1 is written as an empty element, as S3 does. */
export const renderLocation = (region: string): string =>
  `${XML_DECLARATION}<LocationConstraint xmlns="${NAMESPACE}">${region === 'us-east-1' ? '' : escapeXml(region)}</LocationConstraint>`;

export const renderAcl = (principal: Principal): string => {
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>${escapeXml(principal.userId)}</ID><DisplayName>${escapeXml(principal.userId)}</DisplayName></Grantee>`;
  return `${XML_DECLARATION}<AccessControlPolicy xmlns="${NAMESPACE}">${owner(principal)}<AccessControlList><Grant>${grantee}<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`;
};
