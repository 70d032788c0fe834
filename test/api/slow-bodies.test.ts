/** A body that never comes holds nothing for long, at any door but S3's: with no token, with a bad one, with a good one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawConnection } from '../s3/support/raw.ts';
import { type DoorRig, startDoors } from './door-rig.ts';
import { ENVIRONMENT } from './rig.ts';
import { tokenOf } from './tokens.ts';

/** Longer than a connection may be held: what ends earlier was not ended by it. */
const NEVER_MS = 600_000;
/** So long a connection must not be held. */
const HELD_MS = 20_000;

interface Target {
  readonly method: string;
  readonly path: string;
}

const targetsOf = async ({ app, rawDoors }: DoorRig): Promise<Target[]> => {
  const document = (await (await app.request('/openapi.json')).json()) as { paths: Record<string, object> };
  const json = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{id}', `${ENVIRONMENT}.alice`),
    })),
  );
  const raw = rawDoors.filter((path) => path !== '/s3').map((path) => ({ method: 'POST', path }));
  return [...json, ...raw, { method: 'POST', path: '/no/such/route' }];
};

const FRAMINGS: Readonly<Record<string, readonly [head: string, drop: string]>> = {
  'of announced length': ['content-length: 100', '{'],
  'in chunks': ['transfer-encoding: chunked', '1\r\n{\r\n'],
};

/** @throws Error where the connection is held for as long as its client likes */
const drip = async (rig: DoorRig, { method, path }: Target, framing: string, token?: string): Promise<string> => {
  const [head, drop] = FRAMINGS[framing] as readonly [string, string];
  const connection = await rawConnection(Number(new URL(rig.api).port));
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  connection.write(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\n${authorization}content-type: application/json\r\n${head}\r\n\r\n${drop}`,
  );
  const timer = setInterval(() => !connection.socket.destroyed && connection.write(drop), 50);
  let isHeld = false;
  const overdue = setTimeout(() => {
    isHeld = true;
    connection.socket.destroy();
  }, HELD_MS);
  await connection.closed;
  clearTimeout(overdue);
  clearInterval(timer);
  if (isHeld) throw new Error(`${method} ${path} holds its connection`);
  return connection.text();
};

/** At once: each waits for its own deadline. */
const atEach = async (targets: readonly Target[], look: (target: Target) => Promise<void>): Promise<void> => {
  await Promise.all(targets.map(look));
};

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);

describe.each(Object.keys(FRAMINGS))('a body %s that drips', (framing) => {
  describe('into an answer that needs none of it', () => {
    let rig: DoorRig;
    beforeAll(async () => {
      rig = await startDoors({ deadlines: { bodyMs: NEVER_MS, lingerMs: 100 } });
    });
    afterAll(async () => {
      await rig?.stop();
    });
    test.each([undefined, 'e30.e30.e30'])('with the token %j, at every door', async (token) => {
      await atEach(await targetsOf(rig), async (target) => {
        if (target.path === '/aws/sts') return; // its token is in the body
        const text = await drip(rig, target, framing, token);
        const open = !/^\/(v1|hatchery|storage|aws)\//.test(target.path);
        expect({ ...target, status: statusOf(text) }).toEqual({ ...target, status: open ? statusOf(text) : 401 });
        expect(statusOf(text)).toBeGreaterThan(0);
      });
    });
  });

  test('into a handler that waits for it: 408, and the connection ends', async () => {
    const rig = await startDoors({ deadlines: { bodyMs: 300, lingerMs: 100 } });
    try {
      const token = await tokenOf('user');
      await atEach(await targetsOf(rig), async (target) => {
        if (target.path.endsWith('/events')) return; // its answer is as long as it likes
        const status = statusOf(await drip(rig, target, framing, token));
        expect({ ...target, status }).not.toEqual({ ...target, status: 0 });
        if (['/storage/session', '/aws/sts', '/hatchery/launch'].includes(target.path)) expect(status).toBe(408);
      });
    } finally {
      await rig.stop();
    }
  });
});

test('control: a slow body that comes in time is taken, and the connection goes on', async () => {
  const rig = await startDoors();
  try {
    const token = await tokenOf('user');
    const connection = await rawConnection(Number(new URL(rig.api).port));
    const head = `POST /storage/session HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n`;
    connection.write(`${head}{`);
    connection.write('}');
    await connection.until(/HTTP\/1\.1 201 [\s\S]*\}$/);
    connection.write(`${head}{}`);
    await connection.until(/HTTP\/1\.1 201 [\s\S]*HTTP\/1\.1 201 /);
    connection.socket.destroy();
  } finally {
    await rig.stop();
  }
});
