/** Ports of `eyrie dev`: free ones to be had, and those that were asked for. */
import { createServer } from 'node:net';
import { CliError, EXIT } from '../exit-codes.ts';

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
