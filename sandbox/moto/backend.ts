/** Sends a call on to moto, as the account that it acts upon, and reads the answer. */
import { Pool } from 'undici';
import type { Answer, Call } from '../core/call.ts';
import { AwsError } from '../core/error.ts';
import type { Locks } from '../core/locks.ts';
import { protocolOf } from '../wire/model.ts';

export interface Backend {
  forward(call: Call): Promise<Answer>;
  close(): Promise<void>;
}

/** Headers that belong to one connection, or to the signature that has been checked already. */
const NOT_FORWARDED = [
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-amz-security-token',
];

const NOT_RETURNED = ['connection', 'date', 'keep-alive', 'server', 'transfer-encoding'];

/** moto tells service, region and caller by the credential scope and never looks at the signature. */
const scopeHeader = ({ accessKeyId, region, service }: Call): string =>
  `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20000101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;

/** moto takes a body of such a type for a form and stores an empty object; curl and urllib send it by default. */
const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)/i;

const forwardedHeaders = (call: Call): Record<string, string> => {
  const { headers } = call.request;
  return {
    ...Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => !NOT_FORWARDED.includes(name))
        .map(([name, value]) => [name, bytewise(value)]),
    ),
    ...(call.service === 's3' && FORM.test(headers['content-type'] ?? '') && { 'content-type': 'binary/octet-stream' }),
    authorization: scopeHeader(call),
    'x-moto-account-id': call.account,
  };
};

/** A request's header values are text here and UTF-8 on the wire; undici and moto know one byte a letter. */
const bytewise = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const flatHeaders = (headers: Record<string, string | string[] | undefined>): Record<string, string> => {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_RETURNED.includes(name))
      flat[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return flat;
};

/** What AWS says to an action that it does not have. moto has an HTML page, with a status that SDKs would retry. */
const unknownOperation = (service: string, operation: string): AwsError => {
  const protocol = protocolOf(service);
  if (protocol === 'rest-xml') {
    return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  }
  if (protocol === 'query' || protocol === 'ec2') {
    return new AwsError('InvalidAction', `The action ${operation} is not valid for this web service.`);
  }
  return new AwsError('UnknownOperationException', `The operation ${operation} is not known.`);
};

const isHtmlPage = ({ status, body }: Answer): boolean =>
  status >= 400 && /^\s*<!doctype html/i.test(body.toString('utf8', 0, 64));

export const createBackend = (endpoint: string, locks: Locks): Backend => {
  const pool = new Pool(endpoint, { connections: 32, headersTimeout: 0, bodyTimeout: 0 });
  const send = async (call: Call): Promise<Answer> => {
    const { method, path, query, body } = call.request;
    const answer = await pool.request({
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers: forwardedHeaders(call),
      body: body.length > 0 || method === 'PUT' || method === 'POST' ? body : null,
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, headers: flatHeaders(answer.headers), body: bytes };
  };
  return {
    async forward(call) {
      const answer = await locks(call.account, () => send(call));
      if (isHtmlPage(answer)) throw unknownOperation(call.service, call.operation);
      return answer;
    },
    close: () => pool.close(),
  };
};
