/**
 * Everything that is decided about a request from its head alone: who asks, for what operation, on which resources, with
 * which headers and what kind of body; or why not. A pure result: nothing is read, sent, counted or answered here.
 */
import { authorise, seesNothing } from './auth/access-check.ts';
import { type Authorization, parseAuthorization, type ScopeMemo } from './auth/signature-fields.ts';
import { checkSignedHeaders, checkTime } from './auth/verify.ts';
import { type S3Core, tokenOf } from './core.ts';
import { S3Error } from './errors.ts';
import { type CopySource, parseCopySource } from './http/copy-source.ts';
import { preflightHeaders } from './http/cors.ts';
import { checkDotSegments, checkListPrefix } from './http/dot-segments.ts';
import { parseRequest, type RawRequest, type S3Request } from './http/request.ts';
import { forwardedHeaders } from './http/request-headers.ts';
import type { Identity } from './identity/identify.ts';
import type { Principal, Right } from './identity/principal.ts';
import { checkOperation, findOperation, type Operation } from './operations.ts';
import { type PayloadPlan, planPayload } from './payload/modes.ts';

/** A request that may be carried out. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly request: S3Request;
  readonly authorization: Authorization;
  readonly identity: Identity;
  readonly operation: Operation;
  /** How the body comes; undefined for an operation that takes none, or that is answered here. */
  readonly payload: PayloadPlan | undefined;
  /** Of a copy: the object that is read, which this principal may read. */
  readonly copySource: CopySource | undefined;
  /** The client's headers that go upstream; empty for an operation that is answered here. */
  readonly headers: Map<string, string>;
}

/** A browser asks whether it may ask. */
export interface Preflight {
  readonly kind: 'preflight';
  readonly request: S3Request;
  /** Flat. */
  readonly headers: readonly string[];
}

/** What is known of a request that is not carried out, for its audit line. */
export interface Refused {
  readonly kind: 'refused';
  /** An S3Error, or whatever else went wrong. */
  readonly error: unknown;
  /** Undefined when it could not be read. */
  readonly request: S3Request | undefined;
  /** Undefined when no operation was addressed. */
  readonly operation: Operation | undefined;
  /** Undefined when it was refused before it was clear who asks. */
  readonly identity: Identity | undefined;
}

export type Admission = Admitted | Preflight | Refused;

/** What of the process admission depends on. */
export type AdmissionRules = Pick<
  S3Core,
  | 'mode'
  | 'region'
  | 'strictRegion'
  | 'virtualHostSuffixes'
  | 'identify'
  | 'decisions'
  | 'headerPolicy'
  | 'dotSegments'
  | 'corsOrigins'
  | 'now'
>;

export interface AdmissionInput extends RawRequest {
  /** Under which S3 lives. */
  readonly prefix: string;
  /** What the last request of the connection was signed with. */
  readonly memo: ScopeMemo;
}

/** Never throws, and never rejects: a request that can't be admitted is refused. At once where nobody has to be asked. */
export const admit = (rules: AdmissionRules, input: AdmissionInput): Admission | Promise<Admission> => {
  const known: Known = { request: undefined, operation: undefined, identity: undefined };
  try {
    const request = parseRequest(input, { prefix: input.prefix, virtualHostSuffixes: rules.virtualHostSuffixes });
    known.request = request;
    if (request.method === 'OPTIONS')
      return { kind: 'preflight', request, headers: preflightHeaders(rules.corsOrigins, request) };
    known.operation = findOperation(request);
    const authorization = parseAuthorization(request, input.memo);
    checkTime(authorization, rules.now());
    checkSignedHeaders(request, authorization);
    checkRegion(rules, authorization);
    const identity = rules.identify(request, authorization);
    return identity instanceof Promise
      ? identity.then(
          (settled) => admitKnown(rules, known, request, authorization, settled),
          (error: unknown) => refuse(known, error),
        )
      : admitKnown(rules, known, request, authorization, identity);
  } catch (error) {
    return refuse(known, error);
  }
};

type Known = { -readonly [K in 'request' | 'operation' | 'identity']: Refused[K] };

const refuse = ({ request, operation, identity }: Known, error: unknown): Refused => ({
  kind: 'refused',
  error,
  request,
  operation,
  identity,
});

function checkRegion({ strictRegion, region }: AdmissionRules, authorization: Authorization): void {
  if (!strictRegion || authorization.region === region) return;
  throw new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; expecting '${region}'`, {
    Region: region,
  });
}

/** Who asks is known: is it allowed, and does it make sense? */
function admitKnown(
  rules: AdmissionRules,
  known: Known,
  request: S3Request,
  authorization: Authorization,
  identity: Identity,
): Admission | Promise<Admission> {
  known.identity = identity;
  try {
    const operation = checkOperation(request, known.operation);
    const subject = { request, authorization, identity, operation };
    if (request.bucket !== undefined) authoriseResource(rules, subject, { bucket: request.bucket, key: request.key });
    const copySource = operation.copies ? sourceOf(rules, subject) : undefined;
    const isForwarded = operation.answer === 'forward';
    const admitted: Admitted = {
      kind: 'admitted',
      ...subject,
      payload: isForwarded && operation.body !== 'none' ? payloadOf(rules, subject) : undefined,
      copySource,
      headers: isForwarded ? forwardedHeaders(request, operation, rules.headerPolicy) : new Map(),
    };
    const granted = grantOf(rules, admitted);
    return granted instanceof Promise
      ? granted.then(
          () => admitted,
          (error: unknown) => refuse(known, error),
        )
      : admitted;
  } catch (error) {
    return refuse(known, error);
  }
}

/** In compat mode clients may leave the hash out, as they do in presigned URLs. */
const payloadOf = (
  { mode }: AdmissionRules,
  { request, operation, authorization }: Pick<Admitted, 'request' | 'operation' | 'authorization'>,
): PayloadPlan =>
  planPayload(request, {
    allowUndeclared: mode === 'compat' || authorization.expires !== undefined,
    checksumsOfObject: operation.checksumsOfObject,
  });

/** Both readings of a plus have to be allowed: which of them is meant is asked of the upstream. */
function sourceOf(rules: AdmissionRules, subject: Subject): CopySource {
  const source = parseCopySource(subject.request.headers.get('x-amz-copy-source') ?? '');
  authoriseResource(rules, subject, source, 'read');
  if (source.spacedKey !== undefined) authoriseResource(rules, subject, { ...source, key: source.spacedKey }, 'read');
  return source;
}

/** What Arborist says; what it allows a session was settled when that was minted. */
function grantOf(
  { decisions }: AdmissionRules,
  { identity, authorization, operation }: Admitted,
): void | Promise<void> {
  const { principal } = identity;
  if (!decisions || principal.kind === 'session') return undefined;
  const token = tokenOf(authorization);
  const own = decisions.check(principal, operation.right, token);
  if (!operation.copies) return own;
  return own instanceof Promise
    ? own.then(() => decisions.check(principal, 'read', token))
    : decisions.check(principal, 'read', token);
}

type Subject = Pick<Admitted, 'request' | 'identity' | 'operation'>;

/**
 * Asked for each resource of an operation, also for those that its body names.
 * @throws S3Error AccessDenied, InvalidURI
 */
export const authoriseResource = (
  { dotSegments }: Pick<AdmissionRules, 'dotSegments'>,
  { request, identity: { principal }, operation }: Subject,
  { bucket, key }: { readonly bucket: string; readonly key?: string | undefined },
  right: Right = operation.right,
): void => {
  const listPrefix = operation.lists ? (parameterOf(request, 'prefix') ?? '') : undefined;
  // What nothing is shown of is a question about the bucket alone.
  const isEmpty = isEmptyView({ principal, operation, listPrefix });
  authorise(principal, right, isEmpty ? { bucket } : { bucket, key, listPrefix });
  // A session for certain files has several prefixes: what would resolve to something else is none of them.
  const policy = principal.grants ? 'reject' : dotSegments;
  if (key !== undefined) checkDotSegments(policy, key, principal.prefix);
  else if (listPrefix !== undefined) checkListPrefix(policy, listPrefix, principal.prefix);
};

/** Is this a listing that shows nothing, whatever there is? */
export const isEmptyView = ({
  principal,
  operation,
  listPrefix,
}: {
  readonly principal: Principal;
  readonly operation: Operation;
  readonly listPrefix: string | undefined;
}): boolean => seesNothing(principal, OBJECT_LISTS.has(operation.name), listPrefix);

const OBJECT_LISTS = new Set(['ListObjects', 'ListObjectsV2']);

export const parameterOf = ({ query }: S3Request, name: string): string | undefined =>
  query.find(([candidate]) => candidate === name)?.[1];
