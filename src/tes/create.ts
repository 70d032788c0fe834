/** Makes a task: what it may be is checked, what Eyrie says of it is added, and the rest is the caller's. */
import { createHash, randomUUID } from 'node:crypto';
import type { TesCaller } from './access.ts';
import { type FileRules, reachOf } from './files.ts';
import type { Forward, Forwarded } from './forward.ts';
import { refusedImages } from './images.ts';
import { type TesTaskRequest, tagsOf } from './model.ts';
import type { Once } from './once.ts';
import { TesProblem } from './problem.ts';
import { AUTHZ_TAG, authzOf, REQUEST_TAG, type TagRules, tagsFor } from './tags.ts';
import { CreateFailed, type TesUpstream } from './upstream.ts';

export interface CreateParts {
  readonly upstream: TesUpstream;
  readonly images: readonly string[];
  readonly files: Omit<FileRules, 'ownBucket'>;
  readonly tags: TagRules;
  readonly bucketOf: (userId: string) => string | undefined;
  readonly forward: Forward;
  readonly once: Once;
  /** May this caller make tasks? Undefined: every user may. @throws where there is no answer */
  readonly mayCreate: ((caller: TesCaller) => Promise<boolean>) | undefined;
  /** @param leaseError why the key that went along could not be kept for the task */
  readonly log: (made: TaskMade, leaseError: unknown) => void;
}

/** What is told of each task that was made. */
export interface TaskMade {
  readonly taskId: string;
  readonly user: string;
  /** Of what was forwarded; undefined: nothing. */
  readonly accessKeyId: string | undefined;
}

export interface CreateRequest {
  readonly caller: TesCaller;
  readonly task: TesTaskRequest;
  readonly idempotencyKey: string | undefined;
}

/** @returns its id */
export const createTask = async (
  parts: CreateParts,
  { caller, task, idempotencyKey }: CreateRequest,
): Promise<string> => {
  if (parts.mayCreate && !(await parts.mayCreate(caller))) throw new TesProblem('Denied', 'you may not create tasks');
  const { userId, userName } = caller;
  if (userId === undefined || userName === undefined)
    throw new TesProblem('Denied', 'a token for tasks names a user, by id and by name', { status: 401 });
  checkImages(task, parts.images, userName);
  const bucket = parts.bucketOf(userId);
  const reach = reachOf(task, { ...parts.files, ownBucket: bucket });
  const requestId = idempotencyKey === undefined ? randomUUID() : hashOf([userId, idempotencyKey]).slice(0, 40);
  const tagged = { ...task, tags: tagsFor(task.tags ?? {}, userId, requestId, parts.tags) };

  const find = () => findByRequest(parts.upstream, userId, requestId);
  const make = async (): Promise<string> => {
    const forwarded = await parts.forward({ caller, userId, bucket, reach });
    try {
      const taskId = await send(parts.upstream, tagged, forwarded, find);
      // The task is there, whatever becomes of what is remembered of its key.
      const leaseError = await forwarded.begun(taskId).then(ignore, (error: unknown) => error);
      parts.log({ taskId, user: userId, accessKeyId: forwarded.accessKeyId }, leaseError);
      return taskId;
    } catch (error) {
      if (error instanceof CreateFailed && error.outcome === 'nothing-made') await forwarded.refused().catch(ignore);
      throw error;
    }
  };
  try {
    if (idempotencyKey === undefined) return await make();
    return await parts.once({ userId, requestId, fingerprint: hashOf(task), find, make });
  } catch (error) {
    throw error instanceof CreateFailed ? error.problem : error;
  }
};

const ignore = (): undefined => undefined;

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

const checkImages = ({ executors }: TesTaskRequest, patterns: readonly string[], userName: string): void => {
  const images = executors.flatMap(({ image }) => (image === undefined ? [] : [image]));
  const refused = refusedImages(images, patterns, userName);
  if (refused.length > 0) throw new TesProblem('Denied', `these images are not allowed: ${refused.join(', ')}`);
};

/** Where the answer was lost, the task may be there all the same. */
const send = async (
  upstream: TesUpstream,
  task: TesTaskRequest,
  { headers }: Forwarded,
  find: () => Promise<string | undefined>,
): Promise<string> => {
  try {
    return await upstream.create(task, headers);
  } catch (error) {
    if (!(error instanceof CreateFailed) || error.outcome === 'nothing-made') throw error;
    const found = await find().catch(() => undefined);
    if (found === undefined) throw error;
    return found;
  }
};

/** The tags are looked at again: not every server filters by them. */
const findByRequest = async (upstream: TesUpstream, userId: string, requestId: string): Promise<string | undefined> => {
  const query = new URLSearchParams([
    ['view', 'BASIC'],
    ['page_size', '10'],
    ['tag_key', REQUEST_TAG],
    ['tag_value', requestId],
  ]);
  const { tasks } = await upstream.list(query);
  return tasks.find((task) => {
    const tags = tagsOf(task);
    return tags[REQUEST_TAG] === requestId && tags[AUTHZ_TAG] === authzOf(userId);
  })?.id;
};
