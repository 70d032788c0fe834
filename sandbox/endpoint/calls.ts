/** From a verified request to a Call: decoded, with the resource that the journal names. */
import type { Call } from '../core/call.ts';
import { findModel } from '../wire/model.ts';

/** Members that name the thing acted upon, when the model demands none. */
const TELLING = /(Name|Id|Ids|Arn|Resources|Alias|KeyId|Path)$/;

const firstText = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
};

/** The main resource that a request names: its first required name or id, else the first that looks like one. */
export const resourceOf = (service: string, operation: string, params: Record<string, unknown>): string | null => {
  if (service === 's3') {
    const [bucket, key] = [firstText(params.Bucket), firstText(params.Key)];
    return bucket && key ? `${bucket}/${key}` : (bucket ?? null);
  }
  const model = findModel(service);
  const input = model?.shapes[model.operations[operation]?.input?.shape ?? ''];
  const candidates = [
    ...(input?.required ?? []),
    ...Object.keys(input?.members ?? params).filter((name) => TELLING.test(name)),
  ];
  return candidates.map((name) => firstText(params[name])).find((text) => text !== undefined) ?? null;
};

/** The call with the changes that a rule gave to `forward`. */
export const changeCall = (
  call: Call,
  changed: Partial<Call> | undefined,
  encode: (call: Call, params: Record<string, unknown>) => Call['request'],
): Call => {
  if (!changed) return call;
  const merged = { ...call, ...changed };
  return changed.params && !changed.request ? { ...merged, request: encode(merged, changed.params) } : merged;
};
