/** Requests that are made up from the document of the TES routes, valid and not: none of them is a fault of the API's. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { jsonListener } from '#api/listener.ts';
import { startTesRig, TES_TOKENS } from '../../tes/rig.ts';
import { run } from './run.ts';

const SCHEMATHESIS = fileURLToPath(new URL('../../../.eyrie/tes/bin/schemathesis', import.meta.url));

test('schemathesis finds no fault', async () => {
  const rig = await startTesRig({ tes: { images: ['*'], timeoutSeconds: 5 } });
  for (let at = 0; at < 20; at++) rig.taskOf('7');
  const server = createServer(jsonListener(rig.app));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, out, err } = await run('timeout', [
    '60',
    SCHEMATHESIS,
    'run',
    `${url}/openapi.json`,
    '--include-path-regex=^/ga4gh/tes/',
    `--header=Authorization: Bearer ${TES_TOKENS.alice}`,
    '--checks=not_a_server_error',
    '--phases=examples,coverage,fuzzing',
    '--max-examples=40',
    '--seed=7',
    '--no-color',
  ]);
  server.close();
  server.closeAllConnections();
  await rig.stop();
  expect({ code, out: out.slice(-3_000), err: err.slice(-1_000) }).toMatchObject({ code: 0 });
  expect(rig.fake.seen.length).toBeGreaterThan(50);
}, 90_000);
