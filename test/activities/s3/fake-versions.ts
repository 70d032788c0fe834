/** S3 as far as emptying a bucket needs it, in memory: so many versions that a real one would take minutes. */
interface Command {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly KeyMarker?: string;
    readonly VersionIdMarker?: string;
    readonly MaxKeys?: number;
    readonly Key?: string;
    readonly UploadId?: string;
    readonly Delete?: { readonly Objects: readonly { readonly Key: string; readonly VersionId: string }[] };
  };
}

export interface FakeVersions {
  readonly send: (command: Command) => Promise<unknown>;
  /** Versions and delete markers that are there. */
  readonly count: () => number;
  readonly uploads: Map<string, string>;
  readonly calls: Map<string, number>;
  /** Versions that were listed, over all calls. */
  readonly listed: () => number;
  /** The most calls that were under way at a time. */
  readonly atOnce: () => number;
  /** Called before each call: to fail it, or to note it. */
  before: (operation: string) => void | Promise<void>;
  /** Undefined, or the code with which S3 refuses to delete this key. */
  refuses: (key: string) => string | undefined;
}

/** Two versions of each key and a delete marker on every third one, `versions` in all. */
export const createFakeVersions = (versions: number): FakeVersions => {
  const keys = Array.from({ length: versions }, (_, nth) => ({
    key: `key-${String(Math.floor(nth / 2)).padStart(8, '0')}`,
    version: `v${nth % 2}`,
    marker: nth % 6 === 0,
  }));
  const there = new Set(keys.map(({ key, version }) => `${key} ${version}`));
  const uploads = new Map<string, string>();
  const calls = new Map<string, number>();
  let listed = 0;
  let under = 0;
  let most = 0;

  const operations: Record<string, (input: Command['input']) => unknown> = {
    GetBucketTagging: () => ({ TagSet: [] }),
    ListMultipartUploads: () => ({
      Uploads: [...uploads].slice(0, 1_000).map(([UploadId, Key]) => ({ UploadId, Key })),
    }),
    AbortMultipartUpload: ({ UploadId = '' }) => {
      uploads.delete(UploadId);
      return {};
    },
    ListObjectVersions: ({ KeyMarker, VersionIdMarker, MaxKeys = 1_000 }) => {
      const from = KeyMarker === undefined ? 0 : keys.findIndex((one) => isAfter(one, KeyMarker, VersionIdMarker));
      const page: (typeof keys)[number][] = [];
      let at = from < 0 ? keys.length : from;
      for (; at < keys.length && page.length < MaxKeys; at += 1) {
        const one = keys[at];
        if (one && there.has(`${one.key} ${one.version}`)) page.push(one);
      }
      listed += page.length;
      const shown = ({ key, version }: (typeof keys)[number]) => ({ Key: key, VersionId: version });
      const last = page.at(-1);
      return {
        Versions: page.filter(({ marker }) => !marker).map(shown),
        DeleteMarkers: page.filter(({ marker }) => marker).map(shown),
        IsTruncated: at < keys.length,
        ...(at < keys.length && last && { NextKeyMarker: last.key, NextVersionIdMarker: last.version }),
      };
    },
    DeleteObjects: ({ Delete }) => {
      const objects = Delete?.Objects ?? [];
      if (objects.length > 1_000) throw new Error('MalformedXML');
      const Errors = objects.flatMap(({ Key, VersionId }) => {
        const Code = fake.refuses(Key);
        if (Code !== undefined) return [{ Key, VersionId, Code, Message: 'no' }];
        there.delete(`${Key} ${VersionId}`);
        return [];
      });
      return { Errors };
    },
  };

  const fake: FakeVersions = {
    uploads,
    calls,
    count: () => there.size,
    listed: () => listed,
    atOnce: () => most,
    before: () => undefined,
    refuses: () => undefined,
    async send(command) {
      const operation = command.constructor.name.replace(/Command$/, '');
      calls.set(operation, (calls.get(operation) ?? 0) + 1);
      under += 1;
      most = Math.max(most, under);
      try {
        await fake.before(operation);
        // As over a network, others get their turn.
        await new Promise((resolve) => setImmediate(resolve));
        return operations[operation]?.(command.input);
      } finally {
        under -= 1;
      }
    },
  };
  return fake;
};

const isAfter = (one: { key: string; version: string }, key: string, version: string | undefined): boolean =>
  one.key > key || (one.key === key && version !== undefined && one.version > version);
