/** `eyrie compute`: compute environments, from a file to their end. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { COMPUTE_PHASES, COMPUTE_STATUSES, type ComputeView } from '#domain/compute/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type FinishOptions, finish, type WaitOptions, watch, withTimeout, withWait } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { type PageOptions, printPage, renderPhase, withPages, withStuck } from '../pages.ts';
import { readDocument } from '../read-document.ts';
import { COMPUTE, NAMED } from '../render-compute.ts';
import { printPlan, type ShownPlan } from '../render-plan.ts';
import { pathTo } from '../render-subject.ts';
import { onSubject } from '../subject-name.ts';
import { registerComputeChanges } from './compute-change.ts';
import { registerComputeFiles } from './compute-files.ts';

interface FileOptions extends FinishOptions {
  readonly file: string;
}

interface Plan extends ShownPlan {
  readonly name: string;
  readonly forgeId: string;
  readonly account: string;
  readonly region: string;
  readonly notes: readonly string[];
}

const FILE = [
  '-f, --file <file>',
  'YAML or JSON, as `POST /v1/compute-environments` takes it; `-` is standard input',
] as const;

export const registerCompute = (program: Command): void => {
  const compute = program.command('compute').description('compute environments of AWS Batch');

  withWait(withApi(compute.command('create')))
    .description('create a compute environment and show its progress')
    .requiredOption(...FILE)
    .option('--wait', 'follow it to its end: the default', true)
    .action(async (options: FileOptions) => {
      const body = readDocument(options.file);
      const api = await connect(options, {});
      // A cut connection must not make two.
      const headers = { 'idempotency-key': randomUUID() };
      await finish(COMPUTE, api, options)(await api.call<ComputeView>('POST', COMPUTE.path, body, headers));
    });

  withApi(compute.command('plan'))
    .description('say what a create would make: steps, names, IAM documents, places in quotas, cost; nothing is made')
    .requiredOption(...FILE)
    .option('--documents', 'show the IAM documents, too')
    .action(async (options: FileOptions & { readonly documents?: boolean }) => {
      const body = readDocument(options.file);
      const plan = await (await connect(options, {})).call<Plan>('POST', `${COMPUTE.path}/plan`, body);
      if (options.json) return printJson(plan);
      print(
        `compute environment ${plan.name} in account ${plan.account}, ${plan.region}, with an id such as ${plan.forgeId}\n`,
      );
      printPlan(plan, options.documents === true);
      for (const one of plan.notes) print(`note: ${one}`);
    });

  withStuck(withPages(withApi(compute.command('list'))))
    .description(`list compute environments, a page at a time; phases are ${COMPUTE_PHASES.join(', ')}`)
    .addOption(new Option('--status <status>', 'only those in this status of Seqera’s').choices(COMPUTE_STATUSES))
    .option('--name <name>', 'only the one of this name')
    .option('--alias <alias>', 'only those that have this alias')
    .option('--tenant-of <environment>', `only the tenants of ${NAMED}`)
    .action(async (options: PageOptions & Partial<Record<'status' | 'name' | 'alias' | 'tenantOf', string>>) => {
      const { status, name, alias, tenantOf } = options;
      const api = await connect(options, {});
      const printAll = (shared?: string) =>
        printPage<ComputeView>(api, options, {
          path: COMPUTE.path,
          query: {
            ...(status && { status }),
            ...(name && { name }),
            ...(alias && { alias }),
            ...(shared && { tenantOf: shared }),
          },
          head: ['COMPUTE ENVIRONMENT', 'NAME', 'PHASE', 'ACCOUNT', 'REGION', 'UPDATED'],
          rowOf: (one) => [one.id, one.name, renderPhase(one), one.account, one.region, one.updatedAt],
          stuckOf: ({ stuck }) => stuck,
        });
      await (tenantOf ? onSubject(api, COMPUTE, tenantOf, printAll) : printAll());
    });

  withApi(compute.command('show'))
    .description('show a compute environment')
    .argument('<environment>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const view = await onSubject(api, COMPUTE, given, (id) => api.call<ComputeView>('GET', pathTo(COMPUTE, id)));
      if (options.json) printJson(view);
      else print(COMPUTE.render(view));
    });

  withTimeout(withApi(compute.command('watch')))
    .description('follow a compute environment until no operation is in progress')
    .argument('<environment>', NAMED)
    .action(async (given: string, options: WaitOptions) => {
      const api = await connect(options, {});
      await onSubject(api, COMPUTE, given, (id) => watch(COMPUTE, api, { id, options }));
    });

  registerComputeChanges(compute);
  registerComputeFiles(compute);
};
