/** The body of a call whose parameters a rule has changed. */
import type { Call } from '../core/call.ts';
import { findModel } from './model.ts';
import { encodeQuery } from './query.ts';

const encodeRestJson = (call: Call, params: Record<string, unknown>): Call['request'] => {
  const model = findModel(call.service);
  const shape = model?.shapes[model.operations[call.operation]?.input?.shape ?? ''];
  const inBody = Object.entries(params).filter(([name]) => shape?.members?.[name]?.location === undefined);
  return { ...call.request, body: Buffer.from(JSON.stringify(Object.fromEntries(inBody))) };
};

/**
 * Writes changed parameters back into the request. Members of a path, a query string or a header stay as they were on
 * the wire, and so does S3: a rule that wants those changed gives a changed `request`.
 */
export const encodeParams = (call: Call, params: Record<string, unknown>): Call['request'] => {
  const model = findModel(call.service);
  if (!model || model.protocol === 'rest-xml') return call.request;
  if (model.protocol === 'rest-json') return encodeRestJson(call, params);
  if (model.protocol === 'json') return { ...call.request, body: Buffer.from(JSON.stringify(params)) };
  return {
    ...call.request,
    method: 'POST',
    query: '',
    headers: { ...call.request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from(encodeQuery(model, call.operation, params)),
  };
};
