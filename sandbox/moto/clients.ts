/** SDK clients that reach moto directly, one per class, account and region: how rules and the inventory look at state. */
import { createLocks, type Locks } from '../core/locks.ts';
import type { ClientClass } from '../core/world.ts';

/** moto picks the account by this header: it ignores the access key id unless moto itself issued it. */
const ACCOUNT_HEADER = 'x-moto-account-id';

export type MotoClients = <Client>(Class: ClientClass<Client>, account: string, region: string) => Client;

type Next = (args: { request: { headers: Record<string, string> } }) => Promise<unknown>;

interface WithMiddleware {
  readonly middlewareStack: { add(middleware: (next: Next) => Next, where: { step: string; name: string }): void };
}

/** Their calls wait in the same line as the forwarded ones: see locks.ts. */
export const createMotoClients = (endpoint: string, locks: Locks = createLocks()): MotoClients => {
  const known = new Map<ClientClass<unknown>, Map<string, unknown>>();
  const create = (Class: ClientClass<unknown>, account: string, region: string): unknown => {
    const client = new (Class as new (configuration: object) => WithMiddleware)({
      endpoint,
      region,
      credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' },
      maxAttempts: 1,
      forcePathStyle: true,
    });
    const asAccount = (next: Next): Next => {
      return (args) => {
        args.request.headers[ACCOUNT_HEADER] = account;
        return locks(account, () => next(args));
      };
    };
    client.middlewareStack.add(asAccount, { step: 'build', name: 'motoAccount' });
    return client;
  };
  return <Client>(Class: ClientClass<Client>, account: string, region: string): Client => {
    const clients = known.get(Class) ?? new Map<string, unknown>();
    known.set(Class, clients);
    const key = `${account}/${region}`;
    if (!clients.has(key)) clients.set(key, create(Class, account, region));
    return clients.get(key) as Client;
  };
};
