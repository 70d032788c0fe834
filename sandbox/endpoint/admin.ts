/** The sandbox's own routes below /_sandbox/: timing, faults, journal, inventory, seeding. They need no signature. */
import { z } from 'zod';
import { parseQuery, type RawRequest } from '../wire/request.ts';
import type { Faults } from './faults.ts';
import { createInventory } from './inventory.ts';
import type { Journal } from './journal.ts';
import { Account, FaultList, TimingChange } from './seeds.ts';
import type { Timing } from './timing.ts';
import type { Registry } from './world.ts';

export interface AdminParts {
  readonly world: Registry;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly timing: Timing;
  readonly log: (message: string) => void;
}

export interface AdminAnswer {
  readonly status: number;
  /** Written as JSON; undefined for an empty body. */
  readonly body?: unknown;
}

const After = z.coerce.number().int().min(0);

/** A request that the caller has to correct. */
class BadRequest extends Error {
  readonly problems: readonly { path: string; message: string }[];
  constructor(problems: readonly { path: string; message: string }[]) {
    super(problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '));
    this.name = 'BadRequest';
    this.problems = problems;
  }
}

const check = <T>(schema: z.ZodType<T>, value: unknown, name = ''): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadRequest(
    result.error.issues.map(({ path, message }) => ({
      path: [name, ...path].filter((part) => part !== '').join('.'),
      message,
    })),
  );
};

const jsonOf = ({ body }: RawRequest): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadRequest([{ path: '', message: 'the body is not JSON' }]);
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const NOT_FOUND: AdminAnswer = { status: 404, body: { error: 'no such route in the sandbox' } };

export const createAdmin = (parts: AdminParts): ((request: RawRequest) => Promise<AdminAnswer>) => {
  const { world, faults, journal, timing } = parts;
  const inventory = createInventory(world, timing);

  const journalList = (request: RawRequest): AdminAnswer => {
    const query = new Map(parseQuery(request.query));
    const account = query.get('account');
    const after = check(After, query.get('after') ?? 0, 'after');
    return { status: 200, body: journal.list(account ? check(Account, account, 'account') : undefined, after) };
  };

  const changeTiming = (request: RawRequest): AdminAnswer => {
    timing.change(check(TimingChange, jsonOf(request)));
    return { status: 200, body: timing.state() };
  };

  const routes: Record<string, (request: RawRequest) => AdminAnswer> = {
    'GET health': () => ({ status: 200, body: { status: 'ok' } }),
    'GET timing': () => ({ status: 200, body: timing.state() }),
    'PUT timing': changeTiming,
    'GET faults': () => ({ status: 200, body: faults.list() }),
    'POST faults': (request) => ({ status: 201, body: { ids: faults.add(check(FaultList, jsonOf(request))) } }),
    'DELETE faults': (request) => {
      const account = new Map(parseQuery(request.query)).get('account');
      faults.clear(account ? check(Account, account, 'account') : undefined);
      return { status: 204 };
    },
    'GET journal': journalList,
    'GET secrets': () => ({ status: 200, body: world.keyring.secrets() }),
    'GET accounts': () => ({ status: 200, body: world.accounts() }),
  };

  const seed = async (route: string, account: string, request: RawRequest): Promise<AdminAnswer> => {
    const found = world.modules.map(({ admin }) => admin?.[route]).find((candidate) => candidate !== undefined);
    if (!found) return NOT_FOUND;
    const body = check(found.body, request.body.length > 0 ? jsonOf(request) : undefined);
    // What the module refuses is the seed, so its words go to whoever sent it.
    const result = await timing
      .within(account, () => found.seed(account, body))
      .catch((error: unknown) => {
        throw new BadRequest([{ path: '', message: messageOf(error) }]);
      });
    return result === undefined ? { status: 204 } : { status: 200, body: result };
  };

  const forAccount = async (request: RawRequest, id: string, rest: string): Promise<AdminAnswer> => {
    const account = check(Account, id, 'account');
    const route = `${request.method} ${rest}`;
    if (route === 'GET inventory') return { status: 200, body: await inventory(account) };
    const settings = { quotas: world.limits, worlds: world.assumptions }[rest];
    if (settings && request.method === 'PUT') settings.change(account, check(settings.schema, jsonOf(request)));
    if (settings && ['GET', 'PUT'].includes(request.method)) return { status: 200, body: settings.of(account) };
    return await seed(route, account, request);
  };

  return async (request) => {
    const [first = '', id = '', ...rest] = request.path.split('/').slice(2);
    try {
      if (first === 'accounts' && id !== '') return await forAccount(request, id, rest.join('/'));
      return routes[`${request.method} ${first}`]?.(request) ?? NOT_FOUND;
    } catch (error) {
      if (error instanceof BadRequest) return { status: 400, body: { error: error.message, errors: error.problems } };
      parts.log(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : error}`);
      return { status: 500, body: { error: messageOf(error) } };
    }
  };
};
