/** S3's own model, as the SDK for JavaScript carries it: operations with their paths, query parameters and headers. */
import * as client from '@aws-sdk/client-s3';

export interface ModelOperation {
  readonly name: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameter without a variable value that tells this operation from others. */
  readonly marker: string | undefined;
  readonly query: readonly string[];
  /** Lower-case; `x-amz-meta-` stands for all of its family. */
  readonly headers: readonly string[];
}

/** `[kind, namespace, name, traits, members or input, member schemas or output]`, see @smithy/core/schema. */
type Schema = readonly [number, string, string, unknown, unknown, unknown];
interface Traits {
  readonly http?: readonly [method: string, path: string, status: number];
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpQuery?: string;
}

const OPERATION = 9;

const inputOf = (schema: Schema): Schema => (typeof schema[4] === 'function' ? schema[4]() : schema[4]) as Schema;

function traitsOfMembers(schema: Schema): Traits[] {
  const members = schema[5] as readonly (readonly [unknown, Traits | number])[];
  return members.flatMap((member) => (Array.isArray(member) && typeof member[1] === 'object' ? [member[1]] : []));
}

function operationOf(schema: Schema): ModelOperation {
  const [, , name, traits] = schema;
  const [method, path] = (traits as Traits).http as [string, string, number];
  const fixed = path.split('?')[1]?.split('&') ?? [];
  const input = inputOf(schema);
  const members = traitsOfMembers(input);
  const hasBucket = (input[4] as string[] | undefined)?.includes('Bucket') === true;
  const query = members.flatMap(({ httpQuery }) => httpQuery ?? []);
  const markers = [...fixed.filter((part) => !part.startsWith('x-id=')).map((part) => part.split('=')[0] as string)];
  return {
    name,
    method,
    on: path.includes('{Key+}') ? 'object' : hasBucket ? 'bucket' : 'service',
    marker: markers[0] ?? (query.includes('uploadId') ? 'uploadId' : undefined),
    query,
    headers: members.flatMap(({ httpHeader, httpPrefixHeaders }) =>
      (httpHeader ?? httpPrefixHeaders ?? []).toString().toLowerCase().split(',').filter(Boolean),
    ),
  };
}

export const MODEL: readonly ModelOperation[] = Object.values(client)
  .filter((value): value is Schema & typeof value => Array.isArray(value) && value[0] === OPERATION)
  .map((value) => operationOf(value as unknown as Schema))
  // A function's answer to S3 Object Lambda, on a host of its own.
  .filter(({ name }) => name !== 'WriteGetObjectResponse');
