/** What most cases need: two users with buckets on a strict upstream, and the proxy in front of it. */
import { expect } from 'vitest';
import { type Answer, type Credentials, type S3Call, s3 } from './http.ts';
import { bucketOf, startProxy, type TestProxy, type TestProxyOptions } from './proxy.ts';
import { token } from './tokens.ts';
import { type StrictUpstream, strictUpstream } from './upstreams.ts';

export interface Rig {
  readonly strict: StrictUpstream;
  readonly proxy: TestProxy;
  /** Users of this rig: names are its own, as all rigs share the upstream's name space. */
  readonly alice: string;
  readonly bob: string;
  /** `/alices-bucket` */
  readonly home: string;
  readonly foreign: string;
  readonly token: Credentials;
  readonly session: Credentials;
  /** As alice with her session, unless told otherwise. */
  call(call: Partial<S3Call> & { readonly path: string }): Promise<Answer>;
  put(key: string, body: string, headers?: Record<string, string>): Promise<Answer>;
  /** Runs the call and asserts that nothing of it reached the upstream. */
  unseen(call: () => Promise<Answer>): Promise<Answer>;
  stop(): Promise<void>;
}

let count = 0;

export const startRig = async (options: Partial<TestProxyOptions> = {}): Promise<Rig> => {
  const strict = await strictUpstream();
  const run = `${process.pid.toString(36)}${(count++).toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const [alice, bob] = [`alice-${run}`, `bob-${run}`];
  await Promise.all([strict.makeBucket(bucketOf(alice)), strict.makeBucket(bucketOf(bob))]);
  const proxy = await startProxy({ ...options, upstream: { ...strict.upstream, ...options.upstream } });
  const credentials = { accessKeyId: await token({ sub: alice }), secretAccessKey: 'N/A' };
  const session = proxy.session(alice);
  const home = `/${bucketOf(alice)}`;
  const call: Rig['call'] = (partial) => s3({ endpoint: proxy.endpoint, credentials: session, ...partial });
  return {
    strict,
    proxy,
    alice,
    bob,
    home,
    foreign: `/${bucketOf(bob)}`,
    token: credentials,
    session,
    call,
    put: (key, body, headers = {}) => call({ method: 'PUT', path: `${home}/${key}`, body, headers }),
    async unseen(run) {
      strict.tap.clear();
      const answer = await run();
      expect(strict.tap.requests()).toEqual([]);
      return answer;
    },
    async stop() {
      await proxy.stop();
      await strict.stop();
    },
  };
};
