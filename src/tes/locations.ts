/**
 * Which S3 object a URL of a task names, in whatever spelling: `s3://`, ARNs, AWS's hosts in virtual-host and path style,
 * and the S3 endpoint of this deployment. A spelling that two readers could take for two objects is unclear.
 */

export interface S3Place {
  readonly bucket: string;
  /** As it stands, and percent-decoded where that differs: which of them is meant is the client's to decide. */
  readonly keys: readonly string[];
}

/** `elsewhere`: not S3 as far as can be seen. `unclear`: it may be, and is not to be trusted. */
export type Location = S3Place | 'elsewhere' | 'unclear';

/** How this deployment is addressed. */
export interface S3Names {
  /** `host` or `host:port`, lower-case, where a path `…/s3/<bucket>` is S3. */
  readonly hosts: readonly string[];
  /** Where S3 is at the root: the second port, the store behind it. */
  readonly rootHosts: readonly string[];
  /** What follows the bucket where it is part of the host. */
  readonly virtualHostSuffixes: readonly string[];
  /** What the names of all users' buckets begin with. */
  readonly bucketMark: string;
}

export const locate = (url: string, names: S3Names): Location => {
  if (url !== url.trim() || hasControls(url)) return 'unclear';
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(url) ?? [];
  switch (scheme.toLowerCase()) {
    case 's3':
    case 's3a':
    case 's3n':
      return rest.startsWith('//') ? placeOf(rest.slice(2)) : 'unclear';
    case 'arn':
      return ofArn(rest);
    case 'http':
    case 'https':
      return ofUrl(url, names);
    case '':
      return url.startsWith('//')
        ? ofUrl(`https:${url}`, names)
        : /amazonaws\.com/i.test(url)
          ? 'unclear'
          : 'elsewhere';
    default:
      return /^s3/i.test(scheme) ? 'unclear' : 'elsewhere';
  }
};

/** Some readers drop them, others don't. */
const hasControls = (text: string): boolean => [...text].some((char) => char < ' ' || char === '\u007f');

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/** @param text `bucket/key`, neither of them decoded */
const placeOf = (text: string): Location => {
  const slash = text.indexOf('/');
  const bucket = slash < 0 ? text : text.slice(0, slash);
  if (!BUCKET.test(bucket)) return 'unclear';
  return keyed(bucket, slash < 0 ? '' : text.slice(slash + 1));
};

const keyed = (bucket: string, raw: string): Location => {
  const decoded = decoded1(raw);
  const keys = decoded === undefined || decoded === raw ? [raw] : [raw, decoded];
  return keys.some((key) => leavesItsPlace(key) || leavesItsPlace(decoded1(key) ?? key)) ? 'unclear' : { bucket, keys };
};

const leavesItsPlace = (key: string): boolean => /(^|[/\\])\.{1,2}([/\\]|$)/.test(key);

const decoded1 = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** @param rest of the ARN, without `arn:` */
const ofArn = (rest: string): Location => {
  const [partition = '', service, region, account, ...resource] = rest.split(':');
  if (!/^aws(-[a-z]+)*$/.test(partition) || !/^s3/i.test(service ?? '')) return 'elsewhere';
  return service === 's3' && region === '' && account === '' ? placeOf(resource.join(':')) : 'unclear';
};

const ofUrl = (text: string, names: S3Names): Location => {
  if (text.includes('\\') || !URL.canParse(text)) return 'unclear';
  const found = ofParsed(new URL(text), names);
  // Parsing has resolved them, which not every client does.
  const hasDots = /\/(\.|%2e){1,2}(\/|$|[?#])/i.test(text);
  return hasDots && found !== 'elsewhere' ? 'unclear' : found;
};

const ofParsed = (url: URL, names: S3Names): Location => {
  const host = url.host.replace(/\.(?=:|$)/, '');
  const path = url.pathname.slice(1);
  const hostname = url.hostname.replace(/\.$/, '');
  if (AWS_HOST.test(hostname)) return ofAws(hostname, path);
  if (names.rootHosts.includes(host)) return ofPath(path);
  const suffix = names.virtualHostSuffixes.find((one) => host.endsWith(`.${one}`) || hostname.endsWith(`.${one}`));
  if (suffix !== undefined) {
    const bucket = hostname.slice(0, hostname.length - suffix.replace(/:\d+$/, '').length - 1);
    return BUCKET.test(bucket) ? keyed(bucket, path) : 'unclear';
  }
  if (names.hosts.includes(host)) {
    const segments = path.split('/');
    const at = segments.findIndex((segment) => decodedFully(segment).toLowerCase() === 's3');
    if (at >= 0) return ofPath(segments.slice(at + 1).join('/'));
  }
  return namesUserBucket(hostname, path, names.bucketMark) ? 'unclear' : 'elsewhere';
};

const AWS_HOST = /(^|\.)(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn)$/;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
const AWS_S3 =
  /^(?:(?<bucket>.+)\.)?s3(?:-[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z0-9-]+)?\.(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn)$/;

const ofAws = (hostname: string, path: string): Location => {
  const match = AWS_S3.exec(hostname);
  if (!match) return hostname.split('.').some((label) => /^s3(-|express|$)/.test(label)) ? 'unclear' : 'elsewhere';
  const bucket = match.groups?.bucket;
  if (bucket === undefined) return ofPath(path);
  return BUCKET.test(bucket) ? keyed(bucket, path) : 'unclear';
};

/** Path style: the bucket comes first, and may be encoded. */
const ofPath = (path: string): Location => {
  const slash = path.indexOf('/');
  const bucket = decoded1(slash < 0 ? path : path.slice(0, slash));
  if (bucket === undefined || !BUCKET.test(bucket)) return 'unclear';
  return keyed(bucket, slash < 0 ? '' : path.slice(slash + 1));
};

/** Under a name of this deployment that is not configured, a bucket of a user's would show as such. */
const namesUserBucket = (hostname: string, path: string, mark: string): boolean =>
  [...hostname.split('.'), ...path.split('/').map(decodedFully)].some((part) => part.toLowerCase().startsWith(mark));

const decodedFully = (text: string): string => {
  let known = text;
  for (let round = 0; round < 5; round++) {
    const next = decoded1(known);
    if (next === undefined || next === known) return known;
    known = next;
  }
  return known;
};
