import { createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePorts, USUAL_PORTS } from '#cli/dev/ports.ts';

const NONE = { api: undefined, aws: undefined, temporal: undefined, ui: undefined, issuer: undefined };

/** Undefined where somebody has it already. */
const take = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

const isFree = async (port: number): Promise<boolean> => {
  const server = await take(port);
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  return server !== undefined;
};

test('without a flag eyrie dev has the same port each time, and says so where it is taken', async () => {
  const server = await take(USUAL_PORTS.issuer);
  onTestFinished(() => void server?.close());
  const expected = {
    ...{ api: 0, aws: 0, temporal: 0, issuer: 0 },
    ui: (await isFree(USUAL_PORTS.ui)) ? USUAL_PORTS.ui : 0,
  };
  const said: string[] = [];
  const wanted = { ...NONE, api: 0, aws: 0, temporal: 0 };
  expect(await choosePorts(wanted, [], (line) => said.push(line))).toEqual(expected);
  expect(said).toContain('port 8090 is taken: --issuer-port is any free one');
});

test('what is asked for is given, and nobody else gets it for their own', async () => {
  const wanted = { ...NONE, api: USUAL_PORTS.temporal, aws: 0 };
  const said: string[] = [];
  const chosen = await choosePorts(wanted, [USUAL_PORTS.ui, undefined], (line) => said.push(line));
  expect(chosen).toMatchObject({ api: USUAL_PORTS.temporal, aws: 0, temporal: 0, ui: 0 });
  expect(said.filter((line) => /temporal|ui/.test(line))).toHaveLength(2);
});
