/** Compute environments as files, and files that they give. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { stringify as stringifyYaml } from 'yaml';
import { POLICY_PHASES } from '#domain/compute/phase-policies.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import type { ApiClient } from '../api-client.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { isOver, listAll } from '../find-subject.ts';
import { type FinishOptions, finish, followedBy, type WaitOptions, whileFollowing, withWait } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { readDocument } from '../read-document.ts';
import { COMPUTE, NAMED } from '../render-compute.ts';
import { pathTo } from '../render-subject.ts';
import { onSubject } from '../subject-name.ts';
import { requireSuccess, waitForEnd } from '../wait.ts';

interface ImportOptions extends FinishOptions {
  readonly name?: string;
  readonly overwrite?: boolean;
}

interface PoliciesOptions extends ConnectOptions {
  readonly file?: string;
  readonly phase?: string;
}

interface PhasePolicies {
  readonly phase: string;
  readonly documents: readonly unknown[];
}

type Members = Readonly<Record<string, unknown>>;

export const registerComputeFiles = (compute: Command): void => {
  withApi(compute.command('export'))
    .description('print a file that creates another one like it, with the values of its environment variables')
    .argument('<environment>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const body = await onSubject(api, COMPUTE, given, (id) =>
        api.call<Members>('GET', `${pathTo(COMPUTE, id)}/export`),
      );
      if (options.json) printJson(body);
      else print(stringifyYaml(body).trimEnd());
    });

  withWait(withApi(compute.command('import')))
    .description('create a compute environment from an export of Eyrie, or of Seqera’s command line')
    .argument('<file>', 'YAML or JSON; `-` is standard input')
    .option('--name <name>', 'what it is called (default: as the file says)')
    .option('--overwrite', 'delete the one of the same name first')
    .action(async (file: string, options: ImportOptions) => {
      const body = asBody(readDocument(file), options.name);
      const api = await connect(options, {});
      // What is wrong with the file is said before anything is deleted.
      await api.call('POST', `${COMPUTE.path}/plan`, body);
      if (options.overwrite) await disposeOf(api, String(body.name), options);
      const headers = { 'idempotency-key': randomUUID() };
      await finish(COMPUTE, api, options)(await api.call<ComputeView>('POST', COMPUTE.path, body, headers));
    });

  withApi(compute.command('nextflow-config'))
    .description('print the Nextflow configuration of a compute environment')
    .argument('<environment>', NAMED)
    .option('--share <identifier>', 'under fair share: whose share tasks take')
    .action(async (given: string, options: ConnectOptions & { readonly share?: string }) => {
      const query = options.share === undefined ? '' : `?${new URLSearchParams({ share: options.share })}`;
      const api = await connect(options, {});
      const text = await onSubject(api, COMPUTE, given, (id) =>
        api.text(`${pathTo(COMPUTE, id)}/nextflow.config${query}`),
      );
      if (options.json) printJson({ nextflowConfig: text });
      else print(text.trimEnd());
    });

  registerPolicies(compute);
};

const registerPolicies = (compute: Command): void => {
  withApi(compute.command('policies'))
    .description('print the IAM policies that are just enough, for one that is there or one that a file describes')
    .argument('[environment]', NAMED)
    .option('-f, --file <file>', 'instead of an id: YAML or JSON, as for a create')
    .addOption(new Option('--phase <phase>', 'only those for this (default: all)').choices(POLICY_PHASES))
    .action(async (given: string | undefined, options: PoliciesOptions) => {
      const { file, phase } = options;
      if ((given === undefined) === (file === undefined))
        throw new CliError(EXIT.usage, 'pass either a compute environment or --file');
      const body = file === undefined ? undefined : readDocument(file);
      const api = await connect(options, {});
      const all =
        given === undefined
          ? (await api.call<{ policies: readonly PhasePolicies[] }>('POST', `${COMPUTE.path}/plan`, body)).policies
          : await onSubject(api, COMPUTE, given, (id) => policiesOf(api, id));
      const items = all.filter((one) => phase === undefined || one.phase === phase);
      if (options.json) return printJson({ items });
      for (const { phase: what, documents } of items)
        for (const document of documents) print(`# ${what}\n${JSON.stringify(document, null, 2)}`);
    });
};

const policiesOf = async (api: ApiClient, id: string): Promise<readonly PhasePolicies[]> =>
  (await api.call<{ items: readonly PhasePolicies[] }>('GET', `${pathTo(COMPUTE, id)}/policies`)).items;

/** Seqera's exports hold the options with or without what surrounds them. @throws CliError */
const asBody = (document: unknown, name: string | undefined): Members => {
  if (!isObject(document)) throw new CliError(EXIT.usage, 'the file holds no compute environment');
  const { computeEnv } = document;
  const inner = isObject(computeEnv) ? computeEnv : document;
  const body: Members = isObject(inner.config) ? inner : { config: inner };
  const called = name ?? body.name;
  if (typeof called !== 'string') throw new CliError(EXIT.usage, 'the file says no name: pass --name');
  return { platform: 'aws-batch', ...body, name: called };
};

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const disposeOf = async (api: ApiClient, name: string, options: WaitOptions): Promise<void> => {
  for await (const { id, phase } of listAll<ComputeView>(api, COMPUTE.path, { name })) {
    if (isOver(phase)) continue;
    await api.call('DELETE', pathTo(COMPUTE, id));
    const json = options.json === true;
    const again = followedBy(`eyrie compute watch ${id}`);
    requireSuccess(await whileFollowing(again, options, (signal) => waitForEnd(api, COMPUTE, { id, json, signal })));
  }
};
