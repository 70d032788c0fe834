/** Which part of the API a request is for: S3, another protocol on Node's raw request, or the JSON application. */
import type { RequestListener, Server } from 'node:http';
import { isBelow } from '#s3/handler.ts';
import { mountS3 } from '#s3/mount.ts';
import type { S3Service } from '#s3/service.ts';
import { type BodyDeadlines, withBodyDeadline } from './body-deadline.ts';

export const S3_PREFIX = '/s3';

/** @returns the paths of what stands beside the JSON application; each of them checks tokens in its own way. */
export const mountDoors = (
  server: Server,
  { handler, sts }: Pick<S3Service, 'handler' | 'sts'>,
  json: RequestListener,
  deadlines: BodyDeadlines = {},
): readonly string[] => {
  const raw = [sts];
  const beside: RequestListener = (req, res) => {
    const door = raw.find(({ path }) => isBelow(req.url, path));
    if (door) door.handle(req, res);
    else json(req, res);
  };
  mountS3(server, handler, S3_PREFIX, withBodyDeadline(beside, deadlines));
  return [S3_PREFIX, ...raw.map(({ path }) => path)];
};
