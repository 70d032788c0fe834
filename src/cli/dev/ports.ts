/** Ports of `eyrie dev`: those that were asked for, else the same ones at every start where they are free. */
import { createServer } from 'node:net';
import { CliError, EXIT } from '../exit-codes.ts';

/** What the documentation names. Temporal's are those of its own development server, AWS's is the one that emulators have. */
export const USUAL_PORTS = { api: 8080, aws: 4566, temporal: 7233, ui: 8233, issuer: 8090 } as const;

export type Port = keyof typeof USUAL_PORTS;

/** What was asked for. 0 is any free one; undefined: the usual one where it is free, else any free one. */
export type WantedPorts = Readonly<Record<Port, number | undefined>>;

/** 0 is any free one. */
export type Ports = Readonly<Record<Port, number>>;

const HOST = '127.0.0.1';

/** A port for a server that must come back on the same one after a restart. */
export const findFreePort = (): Promise<number> => listenOnce(0);

/** Listens for a moment. @returns the port */
const listenOnce = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export const isFree = (port: number): Promise<boolean> =>
  listenOnce(port).then(
    () => true,
    () => false,
  );

/** `ports` by option; 0 and undefined are any free one. @throws CliError with every port that can't be had */
export const requireFreePorts = async (ports: Readonly<Record<string, number | undefined>>): Promise<void> => {
  const wanted = Object.entries(ports).filter((entry): entry is [string, number] => Boolean(entry[1]));
  const problems = await Promise.all(
    wanted.map(async ([option, port], index) => {
      const twin = wanted.slice(0, index).find(([, other]) => other === port);
      if (twin) return `${option} ${port}: ${twin[0]} asks for the same port`;
      return listenOnce(port).then(
        () => [],
        ({ message }: Error) => `${option} ${port}: ${message}`,
      );
    }),
  );
  const lines = problems.flat();
  if (lines.length > 0) throw new CliError(EXIT.usage, lines.join('\n  '));
};

/** Nothing but what was asked for. */
export const anyPorts = ({ api = 0, aws = 0, temporal = 0, ui = 0, issuer = 0 }: WantedPorts): Ports => ({
  api,
  aws,
  temporal,
  ui,
  issuer,
});

/** @param more ports that somebody asked for besides; `say` tells of each usual port that can't be had. */
export const choosePorts = async (
  wanted: WantedPorts,
  more: readonly (number | undefined)[],
  say: (line: string) => void,
): Promise<Ports> => {
  const asked = new Set([...Object.values(wanted), ...more]);
  const choose = async (name: Port): Promise<number> => {
    const given = wanted[name];
    if (given !== undefined) return given;
    const usual = USUAL_PORTS[name];
    if (!asked.has(usual) && (await isFree(usual))) return usual;
    say(`port ${usual} is taken: --${name}-port is any free one`);
    return 0;
  };
  const names = Object.keys(USUAL_PORTS) as Port[];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await choose(name)]))) as Ports;
};
