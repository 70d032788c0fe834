/**
 * An API whose sessions last seconds, and beside it an S3 that takes those sessions and no others: what an SDK that
 * refreshes its credentials speaks to.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonListener } from '#api/listener.ts';
import { createSessions } from '#api/workspaces/sessions.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { apiRig, ENVIRONMENT, idOf } from '../api/rig.ts';

export interface RefreshingApi {
  /** Of the S3, and of the API. */
  readonly url: string;
  /** What goes into the pod. */
  readonly environment: Readonly<Record<string, string>>;
  /** Access key ids of the sessions, in the order in which they were given out. */
  readonly given: readonly string[];
  /** Those that S3 was called with; refused ones are told apart. */
  readonly used: readonly { readonly id: string; readonly ok: boolean }[];
  readonly revoke: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const SECONDS = 3;
const LIST = '<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>';
const EXPIRED = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredToken</Code><Message>over</Message></Error>';

export const startRefreshingApi = async (): Promise<RefreshingApi> => {
  const given = new Map<string, number>();
  const used: { id: string; ok: boolean }[] = [];
  const rig = apiRig({
    credentials: { form: 'refreshing', enteredBy: 'arn:aws:iam::111122223333:role/api' },
    sessions: (control) =>
      createSessions({
        sts: () => ({
          send: (async () => {
            const id = `ASIA${String(given.size + 1).padStart(16, '0')}`;
            const end = Date.now() + SECONDS * 1000;
            given.set(id, end);
            return {
              Credentials: {
                ...{ AccessKeyId: id, SecretAccessKey: `secret-${id}`, SessionToken: `session-${id}` },
                Expiration: new Date(end),
              },
            };
          }) as never,
        }),
        tokens: control.tokens,
        read: async () => (await rig.recordOf('alice')).workspace,
        seconds: SECONDS,
        now: Date.now,
      }),
  });
  await rig.launched('alice', { key: null, token: { id: 'token-1', createdAt: new Date().toISOString() } });
  const subject = workspaceSubject({ environment: ENVIRONMENT, escapedUser: 'alice' });
  await rig.control.tokens.ensure(subject, 'token-1');
  const json = jsonListener(rig.app);
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/')) return json(request, response);
    const id = /Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const ok = (given.get(id) ?? 0) > Date.now() && request.headers['x-amz-security-token'] === `session-${id}`;
    used.push({ id, ok });
    response.writeHead(ok ? 200 : 403, { 'content-type': 'application/xml' }).end(ok ? LIST : EXPIRED);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claimed = await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`);
  const { environment = {} } = claimed.body as { environment?: Record<string, string> };
  return {
    url,
    environment: {
      ...environment,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}${new URL(environment.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '').pathname}`,
    },
    get given() {
      return [...given.keys()];
    },
    used,
    revoke: () => rig.control.tokens.revokeAll(subject),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
