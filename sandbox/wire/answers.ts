/** Results in the protocol of the call's service, and back. */
import { randomUUID } from 'node:crypto';
import type { Answer, Call } from '../core/call.ts';
import { findModel, type Member, type Model, type Shape, shapeOf } from './model.ts';
import { renderTime, toSeconds } from './time.ts';
import { childOf, parseXml, readXml, writeXml } from './xml.ts';

type Result = Record<string, unknown>;

/** Whichever of its two names a service uses; clients read either. */
export const requestIdHeaders = (service: string, id: string): Record<string, string> =>
  service === 's3' ? { 'x-amz-request-id': id, 'x-amz-id-2': `${id}/sandbox` } : { 'x-amzn-requestid': id };

/** JSON with timestamps as seconds and without absent members; members that the model lacks pass as they are. */
const toJson = (model: Model | undefined, value: unknown, shape: Shape | undefined): unknown => {
  if (value === null || value === undefined || !model || !shape) return value;
  if (shape.type === 'timestamp' || value instanceof Date) return toSeconds(value);
  if (shape.type === 'list' && Array.isArray(value)) {
    const inner = shapeOf(model, shape.member?.shape ?? '');
    return value.map((item) => toJson(model, item, inner));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const innerOf = (name: string) => (shape.type === 'map' ? shape.value : shape.members?.[name])?.shape;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, toJson(model, item, shapeOf(model, innerOf(name) ?? ''))]),
  );
};

const outputOf = (model: Model | undefined, operation: string): Shape | undefined => {
  const name = model?.operations[operation]?.output?.shape;
  return model && name ? shapeOf(model, name) : undefined;
};

const answerQuery = (model: Model, call: Call, result: Result, id: string): string => {
  const output = outputOf(model, call.operation);
  const inner = output ? writeXml(model, result, output) : '';
  const name = call.operation;
  if (model.protocol === 'ec2') {
    // Most EC2 operations without a result say that they succeeded.
    const content = inner || (output ? '' : '<return>true</return>');
    return `<${name}Response xmlns="${model.xmlNamespace}/"><requestId>${id}</requestId>${content}</${name}Response>`;
  }
  const wrapper = model.operations[name]?.output?.resultWrapper ?? `${name}Result`;
  const content = output ? `<${wrapper}>${inner}</${wrapper}>` : '';
  const metadata = `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
  return `<${name}Response xmlns="${model.xmlNamespace}">${content}${metadata}</${name}Response>`;
};

const headerText = (model: Model, value: unknown, member: Member): string => {
  const shape = shapeOf(model, member.shape);
  return shape.type === 'timestamp' ? renderTime(value, 'rfc822') : String(value);
};

const answerS3 = (model: Model, call: Call, result: Result, headers: Record<string, string>): Answer => {
  const output = outputOf(model, call.operation);
  for (const [name, member] of Object.entries(output?.members ?? {})) {
    const value = result[name];
    if (member.location === 'header' && value !== undefined) {
      headers[(member.locationName ?? name).toLowerCase()] = headerText(model, value, member);
    }
  }
  const status = model.operations[call.operation]?.http.responseCode ?? 200;
  const payload = output?.payload ? output.members?.[output.payload] : undefined;
  const shape = payload ? shapeOf(model, payload.shape) : output;
  const value = payload && output?.payload ? result[output.payload] : result;
  if (payload && shape?.type !== 'structure') {
    return { status, headers, body: Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? '')) };
  }
  const inner = shape ? writeXml(model, value, shape) : '';
  if (inner === '') return { status, headers, body: Buffer.alloc(0) };
  const name = payload?.locationName ?? output?.locationName ?? `${call.operation}Result`;
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${name}>`;
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body: Buffer.from(xml) };
};

/** Serialises a result of an operation. */
export const renderAnswer = (call: Call, result: Result): Answer => {
  const model = findModel(call.service);
  const id = randomUUID();
  const headers = requestIdHeaders(call.service, id);
  if (model?.protocol === 'rest-xml') return answerS3(model, call, result, headers);
  if (model?.protocol === 'query' || model?.protocol === 'ec2') {
    const body = Buffer.from(answerQuery(model, call, result, id));
    return { status: 200, headers: { ...headers, 'content-type': 'text/xml;charset=UTF-8' }, body };
  }
  const type = model?.protocol === 'json' ? 'application/x-amz-json-1.1' : 'application/json';
  const body = Buffer.from(JSON.stringify(toJson(model, result, outputOf(model, call.operation))));
  const status = (model?.protocol === 'rest-json' && model.operations[call.operation]?.http.responseCode) || 200;
  return { status, headers: { ...headers, 'content-type': type }, body };
};

const readOutputHeaders = (model: Model, shape: Shape, answer: Answer): Result => {
  const found: Result = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const value = member.location === 'header' && answer.headers[(member.locationName ?? name).toLowerCase()];
    if (typeof value !== 'string') continue;
    found[name] = ['integer', 'long'].includes(shapeOf(model, member.shape).type) ? Number(value) : value;
  }
  return found;
};

/** The result inside an answer, in the API's member names; {} for an answer without one. */
export const parseAnswer = (call: Call, answer: Answer): Result => {
  const model = findModel(call.service);
  const output = outputOf(model, call.operation);
  if (!model || model.protocol === 'json' || model.protocol === 'rest-json') {
    return answer.body.length > 0 ? (JSON.parse(answer.body.toString('utf8')) as Result) : {};
  }
  if (!output) return {};
  const headers = model.protocol === 'rest-xml' ? readOutputHeaders(model, output, answer) : {};
  const root = answer.body.length > 0 ? parseXml(answer.body.toString('utf8')) : undefined;
  if (!root) return headers;
  const wrapper = model.operations[call.operation]?.output?.resultWrapper;
  const content = (wrapper && childOf(root.content, wrapper)) || root.content;
  const payload = output.payload ? output.members?.[output.payload] : undefined;
  if (payload && output.payload) {
    return { ...headers, [output.payload]: readXml(model, content, shapeOf(model, payload.shape)) };
  }
  return { ...headers, ...(readXml(model, content, output) as Result) };
};
