/** S3 with conditional writes, in memory: enough for the control bucket. */
import type { S3Sender } from '#control/objects.ts';

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly Key?: string;
    readonly Body?: string;
    readonly Metadata?: Record<string, string>;
    readonly IfMatch?: string;
    readonly IfNoneMatch?: string;
    readonly Prefix?: string;
    readonly StartAfter?: string;
    readonly MaxKeys?: number;
  };
}

interface Stored {
  readonly body: string;
  readonly etag: string;
  readonly metadata: Record<string, string>;
}

export interface MemoryS3 extends S3Sender {
  readonly keys: () => string[];
  readonly bodies: () => string[];
  /** Every call fails with this until it is undefined again. */
  broken: Error | undefined;
}

const named = (name: string): Error => Object.assign(new Error(name), { name });

export const createMemoryS3 = (): MemoryS3 => {
  const objects = new Map<string, Stored>();
  let version = 0;
  const operations: Record<string, (input: Command['input']) => unknown> = {
    GetObjectCommand: ({ Key = '' }) => {
      const found = objects.get(Key);
      if (!found) throw named('NoSuchKey');
      return { Body: { transformToString: async () => found.body }, ETag: found.etag, Metadata: found.metadata };
    },
    HeadObjectCommand: ({ Key = '' }) => {
      if (!objects.has(Key)) throw named('NotFound');
      return {};
    },
    PutObjectCommand: ({ Key = '', Body = '', Metadata = {}, IfMatch, IfNoneMatch }) => {
      const found = objects.get(Key);
      if (IfNoneMatch && found) throw named('PreconditionFailed');
      if (IfMatch && found?.etag !== IfMatch) throw named('PreconditionFailed');
      version += 1;
      objects.set(Key, { body: Body, etag: `"${version}"`, metadata: Metadata });
      return { ETag: `"${version}"` };
    },
    DeleteObjectCommand: ({ Key = '' }) => {
      objects.delete(Key);
      return {};
    },
    ListObjectsV2Command: ({ Prefix = '', StartAfter = '', MaxKeys = 1000 }) => {
      const keys = [...objects.keys()].sort().filter((key) => key.startsWith(Prefix) && key > StartAfter);
      return { Contents: keys.slice(0, MaxKeys).map((Key) => ({ Key })), IsTruncated: keys.length > MaxKeys };
    },
  };
  const memory = {
    broken: undefined as Error | undefined,
    keys: () => [...objects.keys()],
    bodies: () => [...objects.values()].map(({ body }) => body),
    async send(command: Command) {
      if (memory.broken) throw memory.broken;
      const operation = operations[command.constructor.name];
      if (!operation) throw new Error(`no ${command.constructor.name} here`);
      return operation(command.input);
    },
  };
  return memory as unknown as MemoryS3;
};
