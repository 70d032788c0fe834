/**
 * The strict layer: one request in, one answer out. Signature first, then faults, then what the caller may do, then the
 * rule of the operation, and moto last.
 */
import { randomUUID } from 'node:crypto';
import type { Answer, Call } from '../core/call.ts';
import { AwsError } from '../core/error.ts';
import type { Backend } from '../moto/backend.ts';
import { decodeChunked } from '../signature/aws-chunked.ts';
import { guessService } from '../signature/errors.ts';
import { unfoldPresigned } from '../signature/presigned.ts';
import { peekScope } from '../signature/read-claim.ts';
import { type Signer, verifySignature } from '../signature/verify.ts';
import { requestIdHeaders } from '../wire/answers.ts';
import { toPathStyle } from '../wire/bucket.ts';
import { type Decoded, decodeRequest } from '../wire/decode-request.ts';
import { encodeParams } from '../wire/encode-request.ts';
import { findErrorCode, renderError } from '../wire/errors.ts';
import type { RawRequest } from '../wire/request.ts';
import { changeCall, resourceOf } from './calls.ts';
import { type FaultRule, type Faults, faultError } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Timing } from './timing.ts';
import type { Registry } from './world.ts';

export interface LayerParts {
  readonly backend: Backend;
  readonly world: Registry;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly timing: Timing;
  readonly log: (message: string) => void;
}

/** `cut`: the connection is to be closed without an answer. */
export type Outcome = { readonly answer: Answer; readonly delayMs: number } | 'cut';

export type Layer = (request: RawRequest) => Promise<Outcome>;

interface Arrived {
  readonly seq: number;
  readonly service: string;
  readonly decoded: Decoded;
  readonly request: RawRequest;
}

/**
 * A service then says whether the caller may do it, and does nothing. moto looks at the flag of some calls only.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
const dryRunOperation = (): AwsError =>
  new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);

/** moto leaves it out of some answers. SDKs tell it with every error. */
const identified = (service: string, answer: Answer): Answer =>
  'x-amz-request-id' in answer.headers || 'x-amzn-requestid' in answer.headers
    ? answer
    : { ...answer, headers: { ...answer.headers, ...requestIdHeaders(service, randomUUID()) } };

const internal = (error: unknown): AwsError =>
  new AwsError('InternalFailure', `The sandbox failed: ${error instanceof Error ? error.message : error}`, 500);

export const createLayer = (parts: LayerParts): Layer => {
  const { backend, world, faults, journal, timing } = parts;

  /** The journal names the caller only when the key is one that exists. */
  const arrive = (raw: RawRequest): Arrived => {
    const scope = peekScope(raw);
    const service = scope?.service ?? guessService(raw);
    const request = service === 's3' ? toPathStyle(raw) : raw;
    const decoded = decodeRequest(service, request);
    const seq = journal.open({
      account: (scope && world.keyring.find(scope.accessKeyId)?.caller.account) ?? null,
      region: scope?.region ?? null,
      service,
      operation: decoded.operation,
      resource: resourceOf(service, decoded.operation, decoded.params),
      accessKeyId: scope?.accessKeyId ?? null,
    });
    return { seq, service, decoded, request };
  };

  const toCall = ({ seq, service, decoded, request }: Arrived, signer: Signer): Call => {
    const { claim, key } = signer;
    const plain = decodeChunked(unfoldPresigned(request, signer), signer);
    return {
      seq,
      service,
      ...(plain === request ? decoded : decodeRequest(service, plain)),
      account: key.caller.account,
      region: claim.region,
      accessKeyId: claim.accessKeyId,
      caller: key.caller,
      request: plain,
    };
  };

  const run = async (call: Call): Promise<Answer> => {
    await world.authorise(call);
    const module = world.moduleOf(call.service);
    const isDry = module?.dryRun !== undefined && String(call.params.DryRun) === 'true';
    if (isDry && !module.dryRun.looking.has(call.operation)) throw dryRunOperation();
    const rule = module?.rules[call.operation];
    const forward = async (changed?: Partial<Call>) => {
      if (isDry) throw dryRunOperation();
      const asked = changeCall(call, changed, encodeParams);
      const answer = await backend.forward(asked);
      return module?.reword?.(asked, answer) ?? answer;
    };
    return rule ? await rule(call, forward) : await forward();
  };

  const fail = (service: string, method: string, error: unknown): Answer => {
    if (!(error instanceof AwsError)) {
      parts.log(`${service}: ${error instanceof Error ? error.stack : error}`);
    }
    return renderError(service, error instanceof AwsError ? error : internal(error), method);
  };

  const answerCall = async (call: Call, rule: FaultRule | undefined): Promise<Answer> => {
    try {
      const refused = rule && faultError(rule.fault, call.service, world.moduleOf(call.service)?.errors);
      if (refused) throw refused;
      return identified(call.service, await timing.within(call.account, () => run(call)));
    } catch (error) {
      return fail(call.service, call.request.method, error);
    }
  };

  const note = (seq: number, answer: Answer): void =>
    journal.note(seq, { status: answer.status, errorCode: findErrorCode(answer) ?? null });

  return async (raw) => {
    const arrived = arrive(raw);
    const { seq, service } = arrived;
    let call: Call;
    try {
      call = toCall(arrived, await verifySignature(raw, world.keyring, world.now()));
    } catch (error) {
      const answer = fail(service, raw.method, error);
      note(seq, answer);
      return { answer, delayMs: 0 };
    }
    world.see(call.account);
    const rule = faults.take(call);
    if (rule) journal.note(seq, { fault: rule.fault });
    if (rule?.fault === 'reset') return 'cut';
    const answer = await answerCall(call, rule);
    note(seq, answer);
    if (rule?.fault === 'lost-answer') return 'cut';
    return { answer, delayMs: rule?.fault === 'slow' ? (rule.delayMs ?? 0) : 0 };
  };
};
