/** Reading the parameters of a call, and the condition keys that all services share. */
import type { Call } from './call.ts';

export type Params = Readonly<Record<string, unknown>>;

export const textOf = (params: Params, name: string): string => {
  const value = params[name];
  return typeof value === 'string' ? value : '';
};

export const objectOf = (params: Params, name: string): Params => {
  const value = params[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Params) : {};
};

export const listOf = (params: Params, name: string): readonly unknown[] => {
  const value = params[name];
  return Array.isArray(value) ? value : [];
};

/** Tags in any of AWS's three spellings: a map, Key/Value, TagKey/TagValue. */
export const readTags = (tags: unknown): Record<string, string> => {
  if (Array.isArray(tags)) {
    return Object.fromEntries(
      tags.map((tag: Record<string, unknown>) => [
        String(tag.Key ?? tag.TagKey ?? tag.key ?? ''),
        String(tag.Value ?? tag.TagValue ?? tag.value ?? ''),
      ]),
    );
  }
  if (typeof tags !== 'object' || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
};

export const tagContext = (tags: unknown): Record<string, string | string[]> => {
  const entries = Object.entries(readTags(tags));
  if (entries.length === 0) return {};
  return {
    ...Object.fromEntries(entries.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': entries.map(([key]) => key),
  };
};

export const tagKeysContext = (keys: readonly unknown[]): Record<string, string[]> =>
  keys.length > 0 ? { 'aws:TagKeys': keys.map(String) } : {};

/** arn:aws:SERVICE:REGION:ACCOUNT:REST of the caller's account; an ARN stays as it is. */
export const arnOf = ({ service, region, account }: Call, type: string, name: string): string =>
  name.startsWith('arn:') ? name : `arn:aws:${service}:${region}:${account}:${type}/${name}`;
