/** The moto server behind the layer. */
import { PYTHON } from '../python.ts';
import { type Child, findFreePort, startChild, waitForPort } from './child.ts';

export interface MotoProcess extends Child {
  /** http://127.0.0.1:PORT */
  readonly endpoint: string;
}

/** The access log is a line per call: without it moto is a good deal faster. Errors are still written. */
const QUIET_SERVER =
  'import logging; logging.getLogger("werkzeug").setLevel(logging.ERROR); from moto.server import main; main()';

export const startMoto = async (onDeath: (message: string) => void): Promise<MotoProcess> => {
  const port = await findFreePort();
  const child = startChild({
    name: 'moto',
    command: [PYTHON, '-c', QUIET_SERVER, '-H', '127.0.0.1', '-p', String(port)],
    env: { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', PYTHONDONTWRITEBYTECODE: '1' },
    onDeath,
  });
  await waitForPort(child, port);
  return { ...child, endpoint: `http://127.0.0.1:${port}` };
};
