/** The moto server behind the layer. */
import { fileURLToPath } from 'node:url';
import { type Child, findFreePort, startChild, waitForPort, withFreePorts } from './child.ts';
import { PYTHON } from './python.ts';

export interface MotoProcess extends Child {
  /** http://127.0.0.1:PORT */
  readonly endpoint: string;
}

const SERVER = fileURLToPath(new URL('./moto_server.py', import.meta.url));

export const startMoto = (onDeath: (message: string) => void): Promise<MotoProcess> =>
  withFreePorts(() => startOnce(onDeath));

const startOnce = async (onDeath: (message: string) => void): Promise<MotoProcess> => {
  const port = await findFreePort();
  const child = startChild({
    name: 'moto',
    command: [PYTHON, SERVER, '-H', '127.0.0.1', '-p', String(port)],
    env: { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', PYTHONDONTWRITEBYTECODE: '1' },
  });
  await waitForPort(child, { port, says: /^moto listens$/m });
  child.onDeath(onDeath);
  return { ...child, endpoint: `http://127.0.0.1:${port}` };
};
