/** The chart: every example is valid for Kubernetes and for Eyrie, and its pods are what they should be. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '#config/load.ts';
import manifest from '../../package.json' with { type: 'json' };
import { startDevProcess } from '../support/dev-process.ts';
import { ROOT } from './buildah.ts';
import { CHART, EXAMPLES, helm, KUBERNETES, type Resource, render, resourcesOf } from './helm.ts';

const SEALING_KEYS = `2026-11:${Buffer.alloc(32, 7).toString('base64')}`;

const isOperators = ({ apiVersion }: Resource): boolean => apiVersion.startsWith('monitoring.coreos.com/');

const find = (resources: readonly Resource[], kind: string, name = 'eyrie'): Resource => {
  const found = resources.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name} among ${resources.map((one) => `${one.kind} ${one.metadata.name}`)}`);
  return found;
};

const deployments = (resources: readonly Resource[]) => resources.filter(({ kind }) => kind === 'Deployment');

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-chart-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const validate = (version: string, resources: readonly unknown[]) => {
  const file = join(folderOf(), 'resources.yaml');
  writeFileSync(file, resources.map((one) => `---\n${JSON.stringify(one)}\n`).join(''));
  const checker = join(ROOT, '.eyrie/deploy/bin/kubernetes-validate');
  return spawnSync(checker, ['--strict', '--quiet', '-k', version, file], { encoding: 'utf8' });
};

test('it has the version of the product', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { version: string; appVersion: string };
  expect(chart).toMatchObject({ version: manifest.version, appVersion: manifest.version });
});

test.each(EXAMPLES)('%s: Helm finds nothing to mend, and Kubernetes takes all of it', (example) => {
  const { status, stdout, stderr } = helm('lint', '--strict', CHART, '--values', join(CHART, 'examples', example));
  expect({ status, said: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, said: '' });
  const resources = resourcesOf(example);
  const own = resources.filter((one) => !isOperators(one));
  for (const version of KUBERNETES)
    expect({ version, ...validate(version, own) }).toMatchObject({ version, status: 0 });
  // Control: a field that Kubernetes does not know, deep in a pod.
  const [first] = deployments(structuredClone(own));
  Object.assign(first?.spec.template.spec.containers[0].livenessProbe ?? {}, { periodSecond: 5 });
  expect(validate(KUBERNETES[1], [first]).status).not.toBe(0);
});

const endpoints = z.tuple([
  z.strictObject({
    port: z.literal('http'),
    path: z.literal('/metrics'),
    interval: z.string().regex(/^\d+s$/),
    scheme: z.literal('https').optional(),
  }),
]);
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });

/** The part of the operator's schema that is used. */
const SPECS: Readonly<Record<string, z.ZodType>> = {
  ServiceMonitor: z.strictObject({ selector, endpoints }),
  PodMonitor: z.strictObject({ selector, podMetricsEndpoints: endpoints }),
};

test("Prometheus' operator is told of API and workers, where it is there", () => {
  const monitors = resourcesOf('eks.yaml').filter(isOperators);
  expect(monitors.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
    'PodMonitor eyrie-worker',
    'ServiceMonitor eyrie-api',
  ]);
  for (const { kind, spec } of monitors) expect(SPECS[kind]?.safeParse(spec).error).toBeUndefined();
  expect(resourcesOf('kind.yaml').filter(isOperators)).toEqual([]);
});

const configFileOf = (example: string): string => {
  const { data } = find(resourcesOf(example), 'ConfigMap');
  const file = join(folderOf(), 'eyrie.yaml');
  writeFileSync(file, data['eyrie.yaml'] ?? '');
  return file;
};

test.each(EXAMPLES)('%s: worker and API take the configuration, and no secret is in it', (example) => {
  const file = configFileOf(example);
  expect(loadConfig(file, { EYRIE_SEALING_KEYS: SEALING_KEYS })).toMatchObject({
    api: { host: '0.0.0.0', port: 8080, stopSeconds: 25 },
    worker: { metricsHost: '0.0.0.0', metricsPort: 8080 },
  });
  // Control: the sealing keys come from the Secret alone.
  expect(() => loadConfig(file, {})).toThrow('sealingKeys');
});

test.each([
  ['a misspelt value', 'api.replcas=3', "additional properties 'replcas' not allowed"],
  ['a Temporal address without a port', 'temporal.address=temporal', 'temporal/address'],
  ['a digest that is none', 'image.digest=latest', 'image/digest'],
  ['sealing keys', 'config.sealingKeys[0].id=a', 'a ConfigMap is no place for secrets'],
  ['keys of AWS', 'config.aws.credentials.accessKeyId=a', 'a ConfigMap is no place for secrets'],
  ['a key of the S3 server', 'config.s3.upstream.secretAccessKey=a', 'EYRIE_S3_UPSTREAM_SECRET by extraEnv'],
  ['no control bucket', 'config.aws.controlBucket=null', 'controlBucket'],
])('%s is refused', (_, set, said) => {
  const { status, stderr } = render('eks.yaml', set);
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(said) });
});

/** How long a worker takes to stop, at the latest. */
const workerStopSeconds = (): number => {
  const source = readFileSync(join(ROOT, 'src/worker.ts'), 'utf8');
  return Number(/SHUTDOWN_FORCE_MS = ([\d_]+);/.exec(source)?.[1]?.replaceAll('_', '')) / 1000;
};

test.each(EXAMPLES)('%s: pods have no rights, no writable disk, and the time that they need to end', (example) => {
  const resources = resourcesOf(example);
  expect(deployments(resources).map(({ metadata }) => metadata.name)).toEqual(['eyrie-api', 'eyrie-worker']);
  for (const { metadata, spec } of deployments(resources)) {
    const pod = spec.template.spec;
    const [container] = pod.containers;
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      // Else the Service `eyrie-api` sets EYRIE_API_PORT in them.
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.ports).toContainEqual({ name: 'http', containerPort: 8080 });
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(
      pod.volumes.map(({ name }) => name).toSorted(),
    );
    expect(container.args).toEqual([metadata.name.replace('eyrie-', ''), '--config', '/etc/eyrie/eyrie.yaml']);
  }
  const [api, worker] = deployments(resources).map(({ spec }) => spec.template.spec);
  const { drainSeconds, stopSeconds } = loadConfig(configFileOf(example), { EYRIE_SEALING_KEYS: SEALING_KEYS }).api;
  expect(drainSeconds).toBeGreaterThan(0);
  expect(api?.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds + stopSeconds);
  expect(workerStopSeconds()).toBeGreaterThan(0);
  expect(worker?.terminationGracePeriodSeconds).toBeGreaterThan(workerStopSeconds());
  // A peer that is away is away for all of them: it may stop a roll-out, and takes nobody out of service.
  expect(api?.containers[0]).toMatchObject({
    startupProbe: { httpGet: { path: '/health/ready' } },
    readinessProbe: { httpGet: { path: '/health/live' } },
    livenessProbe: { httpGet: { path: '/health/live' } },
  });
  expect(worker?.containers[0]).toMatchObject({
    readinessProbe: { httpGet: { path: '/health/ready' } },
    livenessProbe: { httpGet: { path: '/health/live' } },
  });
});

/** The variables of a pod; what comes from a Secret is `<name of the Secret>/<key>`. */
const variablesOf = (example: string, ...set: readonly string[]): Record<string, string> => {
  const [, worker] = deployments(resourcesOf(example, ...set));
  return Object.fromEntries(
    (worker?.spec.template.spec.containers[0].env ?? []).map(({ name, value, valueFrom }) => [
      name,
      value ?? `${valueFrom?.secretKeyRef.name}/${valueFrom?.secretKeyRef.key}`,
    ]),
  );
};

/** As the SDK reads them; files that the variables name are put where they can be read. */
const connectionOf = (variables: Record<string, string>) => {
  const folder = folderOf();
  const own = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      if (!name.endsWith('_PATH')) return [name, value];
      const file = join(folder, name);
      writeFileSync(file, value);
      return [name, file];
    }),
  );
  return loadClientConnectConfig({ overrideEnvVars: own, disableFile: true });
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('Temporal with a certificate for the client: its own tools understand the variables', () => {
  const { connectionOptions, namespace } = connectionOf(variablesOf('temporal-mtls.yaml'));
  expect({ connectionOptions, namespace }).toMatchObject({
    namespace: 'eyrie',
    connectionOptions: {
      address: 'temporal.example.org:7233',
      tls: {
        serverNameOverride: 'temporal.internal',
        serverRootCACertificate: bytes('/etc/temporal/ca/ca.crt'),
        clientCertPair: {
          crt: bytes('/etc/temporal/client/tls.crt'),
          key: bytes('/etc/temporal/client/tls.key'),
        },
      },
    },
  });
});

test('Temporal Cloud with an API key: it comes from the Secret, over TLS', () => {
  const { connectionOptions, namespace } = connectionOf(variablesOf('temporal-cloud.yaml'));
  expect({ connectionOptions, namespace }).toMatchObject({
    namespace: 'eyrie.a1b2c',
    connectionOptions: { address: 'eyrie.a1b2c.tmprl.cloud:7233', apiKey: 'temporal-cloud/api-key', tls: true },
  });
});

test('Temporal in the cluster: no TLS, unless it is asked for', () => {
  expect(connectionOf(variablesOf('kind.yaml')).connectionOptions.tls).toBeFalsy();
  expect(connectionOf(variablesOf('kind.yaml', 'temporal.tls.enabled=true')).connectionOptions.tls).toBeTruthy();
});

test('a changed configuration makes new pods, and nothing else does', () => {
  const checksums = (...set: readonly string[]) =>
    deployments(resourcesOf('eks.yaml', ...set)).map(
      ({ spec }) => spec.template.metadata.annotations['checksum/config'],
    );
  expect(checksums('api.replicas=7')).toEqual(checksums());
  expect(checksums('config.logLevel=debug')).not.toEqual(checksums());
});

test('each service account has the role that it is given', () => {
  const resources = resourcesOf('eks.yaml');
  for (const part of ['api', 'worker']) {
    const name = `eyrie-${part}`;
    expect(find(resources, 'ServiceAccount', name).metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': `arn:aws:iam::111122223333:role/${name}`,
    });
    expect(find(resources, 'Deployment', name).spec.template.spec.serviceAccountName).toBe(name);
  }
});

test('what selects pods selects those of one part', () => {
  const resources = resourcesOf('eks.yaml');
  const labels = deployments(resources).map(({ spec }) => spec.template.metadata.labels);
  const selectors = resources.flatMap(({ spec }) => {
    const { selector, podSelector } = (spec ?? {}) as unknown as Record<string, Record<string, unknown> | undefined>;
    const wanted = selector ?? podSelector;
    return wanted === undefined ? [] : [(wanted.matchLabels ?? wanted) as Record<string, string>];
  });
  // Deployments, budgets, policies and monitors of both, and the API's Service.
  expect(selectors).toHaveLength(9);
  for (const wanted of selectors) {
    const matching = labels.filter((have) => Object.entries(wanted).every(([name, value]) => have[name] === value));
    expect(matching).toHaveLength(1);
  }
});

test('network policies let out what is needed, and in who is named', () => {
  const resources = resourcesOf('eks.yaml', 'temporal.address=temporal.example.org:7299');
  for (const part of ['api', 'worker']) {
    const { egress } = find(resources, 'NetworkPolicy', `eyrie-${part}`).spec;
    expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([53, 53, 7299, 443]);
  }
  const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
  const ports = [{ port: 'http' }];
  expect(find(resources, 'NetworkPolicy', 'eyrie-api').spec.ingress).toEqual([
    { ports, from: [{ ipBlock: { cidr: '10.0.0.0/16' } }, monitoring] },
  ]);
  expect(find(resources, 'NetworkPolicy', 'eyrie-worker').spec.ingress).toEqual([{ ports, from: [monitoring] }]);
  // Nobody named: anybody may call the API, and nobody workers.
  const open = resourcesOf('temporal-mtls.yaml');
  expect(find(open, 'NetworkPolicy', 'eyrie-api').spec.ingress).toEqual([{ ports }]);
  expect(find(open, 'NetworkPolicy', 'eyrie-worker').spec.ingress).toBeUndefined();
});

test('autoscaling takes the place of a number', () => {
  expect(find(resourcesOf('eks.yaml'), 'Deployment', 'eyrie-api').spec.replicas).toBeUndefined();
  expect(find(resourcesOf('kind.yaml'), 'Deployment', 'eyrie-api').spec.replicas).toBe(1);
  expect(resourcesOf('kind.yaml').some(({ kind }) => kind === 'HorizontalPodAutoscaler')).toBe(false);
});

test('an image is named by its digest where there is one', () => {
  const imageOf = (...set: readonly string[]) =>
    find(resourcesOf('eks.yaml', ...set), 'Deployment', 'eyrie-worker').spec.template.spec.containers[0].image;
  const repository = '111122223333.dkr.ecr.us-east-1.amazonaws.com/eyrie';
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(imageOf()).toBe(`${repository}:${manifest.version}`);
  expect(imageOf(`image.digest=${digest}`)).toBe(`${repository}@${digest}`);
});

test('Hatchery’s configuration comes from a ConfigMap, to both and under the name that the variable has', () => {
  const named = ['hatcheryConfig.configMapName=manifest-hatchery', 'hatcheryConfig.key=json'];
  for (const { spec } of deployments(resourcesOf('eks.yaml', ...named))) {
    const [{ env, volumeMounts }] = spec.template.spec.containers;
    expect(spec.template.spec.volumes).toContainEqual({
      name: 'hatchery',
      configMap: { name: 'manifest-hatchery', items: [{ key: 'json', path: 'hatchery.json' }] },
    });
    const { mountPath } = volumeMounts.find(({ name }) => name === 'hatchery') ?? {};
    expect(env).toContainEqual({ name: 'EYRIE_HATCHERY_CONFIG', value: `${mountPath}/hatchery.json` });
  }
  expect(JSON.stringify(resourcesOf('eks.yaml'))).not.toMatch(/hatchery_config|\/etc\/hatchery/i);
  expect(render('eks.yaml', 'hatcheryConfig.configMap=x').stderr).toContain('configMap');
});

/** A pod's container as a process of this checkout: its arguments, its file, and no variables but its own. */
const startPod = (
  resources: readonly Resource[],
  part: 'api' | 'worker',
  secrets: Readonly<Record<string, string>>,
) => {
  const folder = folderOf();
  const file = join(folder, 'eyrie.yaml');
  const rendered = parse(find(resources, 'ConfigMap').data['eyrie.yaml'] ?? '') as Record<'api' | 'worker', object>;
  // In a pod nobody else has the port.
  const { api, worker, ...rest } = rendered;
  writeFileSync(file, stringify({ ...rest, api: { ...api, port: 0 }, worker: { ...worker, metricsPort: 0 } }));
  const [{ args, env }] = find(resources, 'Deployment', `eyrie-${part}`).spec.template.spec.containers;
  const variables = env.map(({ name, value, valueFrom }) => {
    const { name: secret, key } = valueFrom?.secretKeyRef ?? {};
    return [name, value ?? secrets[`${secret}/${key}`]];
  });
  const child = spawn(
    join(ROOT, 'bin/eyrie'),
    [...args.map((arg) => arg.replace('/etc/eyrie/eyrie.yaml', file)), '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...Object.fromEntries(variables), PATH: process.env.PATH } },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<{ readonly api: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready"')) resolve(JSON.parse(line) as { api: string });
    });
    child.once('exit', (code) => reject(new Error(`${part} ended with ${code}:\n${log}`)));
  });
  return {
    ready,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

test('API and worker start from what is rendered, and from nothing else', async () => {
  const dev = await startDevProcess('--no-restart');
  onTestFinished(() => dev.stop());
  const { temporal, aws, issuer, controlBucket, config } = dev.state();
  const given = loadConfig(config, {}).aws;
  const resources = resourcesOf(
    'kind.yaml',
    ...[`temporal.address=${temporal}`, `config.auth.issuer=${issuer}`, `config.aws.endpoint=${aws}`],
    ...[`config.aws.controlBucket=${controlBucket}`, `config.aws.assumeRole.roleArn=${given.assumeRole?.roleArn}`],
  );
  const secrets = {
    'eyrie-sealing-keys/sealing-keys': SEALING_KEYS,
    'eyrie-aws/access-key-id': given.credentials?.accessKeyId ?? '',
    'eyrie-aws/secret-access-key': given.credentials?.secretAccessKey ?? '',
  };
  const api = startPod(resources, 'api', secrets);
  const worker = startPod(resources, 'worker', secrets);
  const { api: listensAt } = await api.ready;
  await worker.ready;
  const answer = await fetch(`${listensAt.replace('0.0.0.0', '127.0.0.1')}/health/ready`);
  expect({ status: answer.status, said: await answer.json() }).toMatchObject({ status: 200, said: { ready: true } });
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual([0, 0]);
});
