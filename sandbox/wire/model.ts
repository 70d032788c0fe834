/**
 * The public service models of AWS, as botocore ships them beside moto: which operations exist, how each one looks on
 * the wire. Reading them keeps the layer exact for every protocol without a hand-written table per operation.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findPackageFolder } from '../processes/python.ts';

export type Protocol = 'query' | 'ec2' | 'json' | 'rest-json' | 'rest-xml';

export interface Member {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly queryName?: string;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly xmlAttribute?: boolean;
  readonly xmlNamespace?: { readonly uri: string };
}

export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly flattened?: boolean;
  readonly locationName?: string;
  readonly payload?: string;
  readonly timestampFormat?: string;
  /** Of an error: its code on the wire where it isn't the shape's name. */
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
  readonly fault?: boolean;
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: { readonly shape: string; readonly locationName?: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly { readonly shape: string }[];
  readonly deprecated?: boolean;
}

export interface Model {
  readonly protocol: Protocol;
  readonly apiVersion: string;
  readonly targetPrefix: string;
  readonly xmlNamespace: string;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Where the folder of the model has another name than the service in a credential scope. */
const FOLDERS: Readonly<Record<string, string>> = {
  servicequotas: 'service-quotas',
  elasticfilesystem: 'efs',
  monitoring: 'cloudwatch',
};

const PROTOCOLS: readonly string[] = ['query', 'ec2', 'json', 'rest-json', 'rest-xml'];

interface RawModel {
  readonly metadata: {
    readonly protocol: string;
    readonly protocols?: readonly string[];
    readonly apiVersion: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string;
  };
  readonly operations: Record<string, Operation>;
  readonly shapes: Record<string, Shape>;
}

const readModel = (service: string): Model | undefined => {
  if (!/^[a-z0-9-]+$/.test(service)) return undefined;
  const folder = join(findPackageFolder('botocore/data'), FOLDERS[service] ?? service);
  if (!existsSync(folder)) return undefined;
  const newest = readdirSync(folder).sort().at(-1) ?? '';
  const file = join(folder, newest, 'service-2.json.gz');
  if (!existsSync(file)) return undefined;
  const { metadata, operations, shapes } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as RawModel;
  const protocol = [metadata.protocol, ...(metadata.protocols ?? [])].find((name) => PROTOCOLS.includes(name));
  if (!protocol) return undefined;
  return {
    protocol: protocol as Protocol,
    apiVersion: metadata.apiVersion,
    targetPrefix: metadata.targetPrefix ?? '',
    xmlNamespace: metadata.xmlNamespace ?? '',
    operations,
    shapes,
  };
};

const models = new Map<string, Model | undefined>();

/** The model of a service named as in a credential scope; undefined for a service that nobody knows. */
export const findModel = (service: string): Model | undefined => {
  if (!models.has(service)) models.set(service, readModel(service));
  return models.get(service);
};

export const protocolOf = (service: string): Protocol => findModel(service)?.protocol ?? 'rest-json';

/** A shape by name. A name that the model lacks reads as a string, so that an odd model never stops a call. */
export const shapeOf = (model: Model, name: string): Shape => model.shapes[name] ?? { type: 'string' };
