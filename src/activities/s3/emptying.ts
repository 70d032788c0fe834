/**
 * Taking everything out of a bucket: unfinished uploads, then each version and delete marker. The list is read page by
 * page while the pages before it are being deleted, several at a time, so that memory does not grow with the bucket. How
 * far it has come is told after each page: whoever goes on from there lists nothing anew.
 */
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import type { EmptyingState, Refused, VersionMarker } from '#domain/resources/emptying.ts';
import { type BucketAt, deleteVersions, type Version } from './delete-versions.ts';

/** Calls that delete, at a time: 3,500 requests a second are S3's own limit for a prefix. */
const AT_ONCE = 8;
/** What S3 takes and lists in one call. */
const PAGE = 1_000;
/** Of the versions that S3 keeps, so many are told by name. */
const TOLD_MAX = 20;
/** What is refused is tried again from the start of the list, so many times in all. */
const PASSES_MAX = 3;

export interface Emptying {
  readonly s3: AwsClient<S3Client>;
  readonly at: BucketAt;
  readonly from: EmptyingState;
  /** True when no further page is to be begun. */
  readonly isOver: () => boolean;
  readonly tell: (state: EmptyingState) => void;
  /** Between tries of keys that S3 could not delete at the moment. */
  readonly pauseMs: number;
}

/** Until the bucket is empty, or `isOver`. @throws a classified failure; what was told before it holds. */
export const emptyFrom = async (emptying: Emptying): Promise<EmptyingState> => {
  let state = emptying.from;
  if (state.at === null) state = await abortUploads({ ...emptying, from: state });
  while (!state.done && !emptying.isOver()) {
    const pass = await onePass({ ...emptying, from: state });
    state = pass.state;
    if (!pass.ended) return state;
    const isLast = state.refusedCount === 0 || state.pass >= PASSES_MAX;
    state = isLast ? { ...state, done: true } : { ...state, pass: state.pass + 1, refusedCount: 0, refused: [] };
    emptying.tell(state);
  }
  return state;
};

/** Each page is the first one: what was aborted is not listed again. One that can't be aborted ends it. */
const abortUploads = async ({ s3, at, from, isOver, tell }: Emptying): Promise<EmptyingState> => {
  let state = from;
  while (!isOver()) {
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ ...at, MaxUploads: PAGE }));
    if (Uploads.length === 0) return state;
    for (let begin = 0; begin < Uploads.length; begin += AT_ONCE) {
      const group = Uploads.slice(begin, begin + AT_ONCE);
      await Promise.all(
        group.map(({ Key, UploadId }) =>
          s3.send(new AbortMultipartUploadCommand({ ...at, Key, UploadId })).catch(ignoreNotFound),
        ),
      );
      state = { ...state, uploads: state.uploads + group.length };
      tell(state);
    }
  }
  return state;
};

interface Page {
  readonly versions: readonly Version[];
  /** Null after the last page. */
  readonly next: VersionMarker | null;
}

interface Deleting {
  readonly page: Page;
  readonly refused: Promise<readonly Refused[]>;
}

/** From the marker to the end of the list, or until it is over. */
const onePass = async (emptying: Emptying): Promise<{ readonly state: EmptyingState; readonly ended: boolean }> => {
  const { s3, at, from, isOver, tell, pauseMs } = emptying;
  let state = from;
  let next = from.at;
  let ended = false;
  const under: Deleting[] = [];

  /** In their order: what is told to be done has nothing undone before it. */
  const settleFirst = async (): Promise<void> => {
    const first = under.shift();
    if (!first) return;
    const refused = await first.refused;
    state = {
      ...state,
      removed: state.removed + first.page.versions.length - refused.length,
      at: first.page.next,
      refusedCount: state.refusedCount + refused.length,
      refused: [...state.refused, ...refused].slice(0, TOLD_MAX),
    };
    tell(state);
  };

  try {
    while (!ended && !isOver()) {
      const page = await listPage(s3, at, next);
      const refused = deleteVersions({ s3, at, versions: page.versions, pauseMs });
      refused.catch(() => undefined); // It is heard of when its turn comes.
      under.push({ page, refused });
      next = page.next;
      ended = next === null;
      if (under.length === AT_ONCE) await settleFirst();
    }
    while (under.length > 0) await settleFirst();
    return { state, ended };
  } finally {
    // No call of this attempt is under way any more when the next one begins.
    await Promise.allSettled(under.map(({ refused }) => refused));
  }
};

const listPage = async (s3: AwsClient<S3Client>, at: BucketAt, from: VersionMarker | null): Promise<Page> => {
  const found = await s3.send(
    new ListObjectVersionsCommand({
      ...at,
      MaxKeys: PAGE,
      ...(from && { KeyMarker: from.key, ...(from.version !== null && { VersionIdMarker: from.version }) }),
    }),
  );
  const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = found;
  return {
    versions: [...Versions, ...DeleteMarkers].map(({ Key = '', VersionId = 'null' }) => ({
      key: Key,
      version: VersionId,
    })),
    next:
      IsTruncated && NextKeyMarker !== undefined ? { key: NextKeyMarker, version: NextVersionIdMarker ?? null } : null,
  };
};
