/** The API as its clients reach it, the issuer of their tokens, and the clocks that signatures and tokens depend on. */
import type { Config } from '#config/schema.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';

const api = sayingOf('api');
const clocks = sayingOf('clocks');

const FETCH_MS = 5_000;

const get = (url: string): Promise<Response> =>
  fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' });

const apiUrlOf = ({ publicUrl, host, port, tls }: Config['api']): string =>
  (publicUrl ?? `${tls ? 'https' : 'http'}://${host}:${port}`).replace(/\/$/, '');

export const checkApi = async ({ api: settings }: Config, version: string): Promise<readonly Finding[]> => {
  const url = apiUrlOf(settings);
  try {
    const ready = await get(`${url}/health/ready`);
    const { checks = {} } = (await ready.json()) as { checks?: Record<string, string> };
    const failing = Object.entries(checks).filter(([, state]) => state !== 'ok');
    const said = (await (await get(`${url}/_version`)).json()) as { version?: string };
    return [
      failing.length === 0
        ? api.ok('API', `${url} is ready`)
        : api.problem('API', `${url} is not ready: ${failing.map(([name, state]) => `${name} ${state}`).join(', ')}`),
      ...(said.version === version
        ? []
        : [
            api.warning(
              'API version',
              `it is ${said.version ?? 'not told'}, and this is ${version}`,
              'finish the roll-out',
            ),
          ]),
    ];
  } catch (error) {
    const todo = settings.publicUrl
      ? 'does api.publicUrl lead to the API from here, and is its certificate trusted (caFile)?'
      : 'start it: eyrie api --config FILE';
    return [api.problem('API', `${url} does not answer: ${reasonOf(error)}`, todo)];
  }
};

export const checkIssuer = async ({ auth }: Config): Promise<Finding> => {
  const { issuer, jwksUri } = auth;
  try {
    const uri = jwksUri ?? (await discover(issuer));
    const answer = await get(uri);
    const { keys = [] } = (await answer.json()) as { keys?: readonly unknown[] };
    if (answer.ok && keys.length > 0) return api.ok('issuer', `${issuer} publishes ${keys.length} keys`);
    return api.problem('issuer', `${uri} holds no keys (${answer.status})`, 'mend auth.issuer or auth.jwksUri');
  } catch (error) {
    const todo =
      'every token is refused until the keys can be fetched: mend auth.issuer, auth.jwksUri, or the way to it';
    return api.problem('issuer', `the keys of ${issuer} can't be fetched: ${reasonOf(error)}`, todo);
  }
};

const discover = async (issuer: string): Promise<string> => {
  const answer = await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { jwks_uri: uri } = (await answer.json()) as { jwks_uri?: string };
  if (uri === undefined) throw new Error(`its OpenID configuration names no keys (${answer.status})`);
  return uri;
};

/** AWS refuses signatures that are over 5 minutes off, and a token may be valid for as little. */
const SKEW_WARNING_S = 30;
const SKEW_PROBLEM_S = 240;

export const checkClock = async (whose: string, url: string, now: () => number): Promise<Finding> => {
  const check = `clock of ${whose}`;
  try {
    const answer = await get(url);
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(date)) return clocks.unknown(check, 'it does not tell its time');
    const seconds = Math.round((now() - date) / 1000);
    const words = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ${whose}`;
    const todo = 'let chrony or systemd-timesyncd set the clock';
    if (Math.abs(seconds) >= SKEW_PROBLEM_S) return clocks.problem(check, words, todo);
    return Math.abs(seconds) >= SKEW_WARNING_S ? clocks.warning(check, words, todo) : clocks.ok(check, words);
  } catch (error) {
    return clocks.unknown(check, `${url} does not answer: ${reasonOf(error)}`);
  }
};

/** `fetch` hides what happened behind "fetch failed". */
const reasonOf = (error: unknown): string => {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? cause.message || (cause as { code?: string }).code || cause.name : messageOf(error);
};
