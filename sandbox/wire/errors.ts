/** Errors as the services write them, and the code in an error that moto wrote. */
import { randomUUID } from 'node:crypto';
import type { Answer } from '../core/call.ts';
import type { AwsError } from '../core/error.ts';
import { requestIdHeaders } from './answers.ts';
import { protocolOf } from './model.ts';
import { childOf, escapeXml, parseXml, textOf } from './xml.ts';

const tags = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('');

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const renderBody = (service: string, { code, message, status, extra }: AwsError, id: string): string => {
  const core = { Code: code, Message: message };
  const protocol = protocolOf(service);
  if (protocol === 'ec2') {
    return `${DECLARATION}<Response><Errors><Error>${tags({ ...core, ...extra })}</Error></Errors>${tags({ RequestID: id })}</Response>`;
  }
  if (protocol === 'query') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    const error = tags({ Type: type, ...core, ...extra });
    return `<ErrorResponse><Error>${error}</Error>${tags({ RequestId: id })}</ErrorResponse>`;
  }
  if (protocol === 'rest-xml') {
    return `${DECLARATION}<Error>${tags({ ...core, ...extra, RequestId: id, HostId: `${id}/sandbox` })}</Error>`;
  }
  return JSON.stringify({ __type: code, message, ...extra });
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/x-amz-json-1.1',
  'rest-json': 'application/json',
  'rest-xml': 'application/xml',
};

/** An answer to a HEAD request has no body: S3 then tells the status alone. */
export const renderError = (service: string, error: AwsError, method = 'POST'): Answer => {
  const id = randomUUID();
  const protocol = protocolOf(service);
  const headers: Record<string, string> = {
    ...requestIdHeaders(service, id),
    'content-type': CONTENT_TYPES[protocol] ?? 'text/xml;charset=UTF-8',
  };
  if (protocol === 'json' || protocol === 'rest-json') headers['x-amzn-errortype'] = error.code;
  const body = method === 'HEAD' ? '' : renderBody(service, error, id);
  return { status: error.status, headers, body: Buffer.from(body) };
};

/** An answer to HEAD has no body; it is named by its status. */
const NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  412: 'PreconditionFailed',
  500: 'InternalError',
  503: 'SlowDown',
};

/** `Code` of an error answer in any protocol; undefined for a success or where none is written. */
export const findErrorCode = ({ status, headers, body }: Answer): string | undefined => {
  if (status < 400) return undefined;
  const fromHeader = headers['x-amzn-errortype'] ?? headers['x-amzn-error-type'];
  if (fromHeader) return fromHeader.split(':')[0];
  const text = body.toString('utf8');
  if (text.startsWith('{')) {
    try {
      const { __type, code } = JSON.parse(text) as { __type?: string; code?: string };
      return (__type ?? code)?.split('#').at(-1);
    } catch {
      return undefined;
    }
  }
  const error = xmlErrorOf(text);
  if (error === undefined) return body.length === 0 ? NAMES[status] : undefined;
  return textOf(childOf(error, 'Code')) || undefined;
};

const xmlErrorOf = (text: string) => {
  const root = parseXml(text);
  if (!root) return undefined;
  if (root.name === 'Error') return root.content;
  return childOf(root.content, 'Error') ?? childOf(childOf(root.content, 'Errors'), 'Error') ?? '';
};

/** `Message` of an error answer in XML, '' where none is written. */
export const findErrorMessage = ({ body }: Answer): string =>
  textOf(childOf(xmlErrorOf(body.toString('utf8')), 'Message'));
