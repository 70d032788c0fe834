/** Helm, and the chart's resources as a cluster gets them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './buildah.ts';

export const CHART = join(ROOT, 'deploy/helm/eyrie');

/** The values that come with the chart. */
export const EXAMPLES = readdirSync(join(CHART, 'examples')).toSorted();

/** The oldest that the chart is for, and the newest whose schemas are there. */
export const KUBERNETES = ['1.27', '1.37'] as const;

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface ContainerSpec {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  readonly ports: readonly { name: string; containerPort: number }[];
  readonly securityContext: unknown;
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly volumeMounts: readonly { name: string; mountPath: string }[];
}

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly selector: unknown;
    readonly egress: readonly { readonly ports: readonly { readonly port: number }[] }[];
    readonly ingress?: readonly unknown[];
    readonly template: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: unknown;
        readonly automountServiceAccountToken: boolean;
        readonly enableServiceLinks: boolean;
        readonly serviceAccountName: string;
        readonly volumes: readonly { readonly name: string }[];
        readonly containers: readonly [ContainerSpec];
      };
    };
  };
}

/** For the oldest: Helm refuses what the chart is not for. */
export const helm = (...args: readonly string[]) =>
  spawnSync(join(ROOT, '.eyrie/go/bin/helm'), [...args, '--kube-version', `${KUBERNETES[0]}.0`], { encoding: 'utf8' });

/** @param set as `--set` takes it */
export const render = (example: string, ...set: readonly string[]) =>
  helm(
    'template',
    'eyrie',
    CHART,
    '--values',
    join(CHART, 'examples', example),
    ...set.flatMap((one) => ['--set', one]),
  );

/** @throws Error with what Helm said */
export const resourcesOf = (example: string, ...set: readonly string[]): readonly Resource[] => {
  const { status, stdout, stderr } = render(example, ...set);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
};
