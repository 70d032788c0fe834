/**
 * Small JSON objects in the control bucket with S3's conditional writes: the only thing there that can't race.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { factsOf } from '#domain/core/failures.ts';

/** Whatever sends S3 commands. */
export type S3Sender = Pick<S3Client, 'send'>;

/** Somebody else wrote the object since it was read (or it exists, or is gone): read it again and decide anew. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  readonly key: string;

  constructor(key: string) {
    super(`${key} was written by another process`);
    this.key = key;
  }
}

export interface Stored {
  readonly body: string;
  readonly etag: string;
}

export interface Listed {
  readonly keys: readonly string[];
  /** Of each key. */
  readonly etags: readonly string[];
  /** True where more keys follow. */
  readonly more: boolean;
}

/** Lists at most this many keys in one call: S3's own maximum. */
const PAGE_MAX = 1_000;
const WRITE_ID = 'eyrie-write-id';

const CONFLICTS = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey', 'NotFound'];
const ABSENT = ['NoSuchKey', 'NotFound'];

const s3Code = (error: unknown): string => factsOf(error).awsCode ?? (error instanceof Error ? error.name : '');

export type Objects = ReturnType<typeof createObjects>;

export const createObjects = (s3: S3Sender, bucket: string) => {
  const find = async (key: string): Promise<(Stored & { writeId: string | undefined }) | undefined> => {
    try {
      const { Body, ETag, Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = (await Body?.transformToString()) ?? '';
      return { body, etag: ETag ?? '', writeId: Metadata?.[WRITE_ID] };
    } catch (error) {
      if (ABSENT.includes(s3Code(error))) return undefined;
      throw error;
    }
  };

  /** Each write carries an id of its own, so that a write whose answer was lost is known again. */
  const write = async (key: string, body: string, condition: { IfMatch?: string; IfNoneMatch?: '*' }) => {
    const writeId = randomUUID();
    try {
      const { ETag } = await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: 'application/json',
          Metadata: { [WRITE_ID]: writeId },
          ...condition,
        }),
      );
      return ETag ?? '';
    } catch (error) {
      // What the look itself says matters less than the error it was made for.
      const stored = await find(key).catch(() => undefined);
      if (stored?.writeId === writeId) return stored.etag;
      if (CONFLICTS.includes(s3Code(error))) throw new WriteConflict(key);
      throw error;
    }
  };

  return {
    async read(key: string): Promise<Stored | undefined> {
      return find(key);
    },

    async exists(key: string): Promise<boolean> {
      try {
        await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return true;
      } catch (error) {
        if (ABSENT.includes(s3Code(error))) return false;
        throw error;
      }
    },

    /** Writes an object that must not exist yet; its ETag. @throws WriteConflict where it does. */
    async create(key: string, body: string): Promise<string> {
      return write(key, body, { IfNoneMatch: '*' });
    },

    /** Writes over the version that was read; its new ETag. @throws WriteConflict where that is not the newest. */
    async replace(key: string, body: string, etag: string): Promise<string> {
      return write(key, body, { IfMatch: etag });
    },

    /** Writes over whatever is there. */
    async put(key: string, body: string): Promise<string> {
      return write(key, body, {});
    },

    /** Absent is success. */
    async remove(key: string): Promise<void> {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },

    /** Keys under `prefix` in order, those after `after`, at most `max` (1 to 1,000, default 1,000). */
    async list(prefix: string, after?: string, max: number = PAGE_MAX): Promise<Listed> {
      const { Contents = [], IsTruncated } = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: Math.min(max, PAGE_MAX),
          ...(after !== undefined && { StartAfter: after }),
        }),
      );
      const listed = Contents.flatMap(({ Key: key, ETag: etag = '' }) => (key === undefined ? [] : [{ key, etag }]));
      return {
        keys: listed.map(({ key }) => key),
        etags: listed.map(({ etag }) => etag),
        more: IsTruncated === true,
      };
    },

    /** All keys under `prefix`. */
    async listAll(prefix: string): Promise<string[]> {
      const all: string[] = [];
      for (;;) {
        const { keys, more } = await this.list(prefix, all.at(-1));
        all.push(...keys);
        if (!more || keys.length === 0) return all;
      }
    },
  };
};
