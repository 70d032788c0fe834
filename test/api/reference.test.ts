import { expect, test } from 'vitest';
import { type Action, RIGHTS } from '#api/principal.ts';
import { FAILURES } from '#domain/failures.ts';
import { apiRig } from './rig.ts';

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly responses: Record<string, { readonly description: string }>;
}

const WORDS: Readonly<Record<Action, string>> = {
  launch: 'launch from a profile',
  chooseAccount: 'launch with a `nextflow` block or a pay model',
  read: 'show, follow, list; the Nextflow configuration',
  claim: 'claim the key',
  terminate: 'park, dispose',
  rotate: 'rotate the key',
  rotateUsed: 'rotate although an earlier key is in use (`force`)',
  seeKeyHolders: 'see who holds access keys',
  removeStorage: "empty or delete somebody's storage",
  removeKeyHolders: 'remove who holds access keys',
  retry: 'retry',
  abandonStep: 'abandon a step',
  schedules: 'see, run, pause, resume schedules',
  compute: 'all that there is to do with compute environments; of service clients, those in `compute.clients`',
  sweeps: 'start sweeps, and see what they found',
  hatcheryLaunch: '`POST /hatchery/launch`',
  hatcheryExpected: '`GET /hatchery/expected`',
};

const flat = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

test('docs/reference/api.md lists every route, right and code (run vitest with -u to write it anew)', async () => {
  const { paths } = (await apiRig({ storage: {} as never }).call(null, 'GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary = '', description = '', responses }]) => {
      const text = flat([summary, description].filter(Boolean).join('. ').replace(/\.$/, ''));
      return `| \`${method.toUpperCase()} ${path}\` | ${text} | ${Object.keys(responses).join(', ')} |`;
    }),
  );
  const page = [
    '# HTTP API',
    '',
    'JSON. A running API serves its OpenAPI 3.1 document at `/openapi.json` and a readable reference at `/docs`; both are generated from',
    'the routes, as this page is. Bodies over 1 MiB are refused, and those that have not come after 30 seconds. `/health/*`, `/_status`, `/_version`, `/metrics`, `/openapi.json` and `/docs` need no token.',
    '',
    '| route | | answers |',
    '| --- | --- | --- |',
    ...routes,
    '',
    '## Who may do what',
    '',
    '`own`: for themselves only; a workspace of somebody else is answered as if it were not there. How a token says who it stands for is',
    'in [configuration.md](configuration.md#tokens).',
    '',
    '| | user | service client | operator |',
    '| --- | --- | --- | --- |',
    ...Object.entries(RIGHTS).map(
      ([action, { user, service, operator }]) => `| ${WORDS[action as Action]} | ${user} | ${service} | ${operator} |`,
    ),
    '',
    '## Problems',
    '',
    'Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `instance`, `code` and `requestId` (also',
    'in the header `X-Request-Id`, and in the log). 409 adds `operation`: what is in progress, or null. 422 adds `errors`: `{pointer, detail}` with a',
    'JSON pointer into the body. 503 has `Retry-After`. Where something could not be removed there are `leftovers`.',
    '',
    '| code | status | title |',
    '| --- | --- | --- |',
    ...Object.entries(FAILURES).map(
      ([code, { status, title }]) => `| [\`${code}\`](../operations/runbook/${code}.md) | ${status} | ${title} |`,
    ),
    '',
    'The status is another one where HTTP has a better word: 400 for a body that is not JSON, 401 without a valid token, 405, 408, 413, 415.',
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/reference/api.md');
});
