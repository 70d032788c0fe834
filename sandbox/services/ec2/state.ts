/**
 * What EC2 needs beside moto, per account and region: moto changes everything at once and forgets client tokens.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import type { Answer, Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';

/** What moto does not know of an instance that it runs. */
export interface InstanceCourse {
  readonly id: string;
  readonly userData: string;
  readonly interfaceIds: readonly string[];
  /** pending until then. */
  runningAt: number;
  /** Status checks say `initializing`, and user data runs, until then. */
  checkedAt: number;
  stoppedAt: number | undefined;
  /** shutting-down until then; moto terminates the instance when that time has come. */
  terminatedAt: number | undefined;
  terminating: Promise<void> | undefined;
  /** Where EC2 itself ended it. */
  endReason?: { readonly code: string; readonly message: string } | undefined;
}

/** What moto does not know of a VPC endpoint. */
export interface EndpointCourse {
  readonly availableAt: number;
  readonly goneAt?: number | undefined;
  /** Whether the service's own name leads to it. */
  privateDns?: boolean;
}

/** What moto does not know of a NAT gateway. */
export interface NatGatewayCourse {
  /** pending until then. */
  readonly availableAt: number;
  /** What it turns out to be `failed` for. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  /** deleting until then, deleted from then on. */
  readonly goneAt: number | undefined;
  /** Set once its address and interface are being let go. */
  released?: Promise<void>;
}

/** An interface that another service made. */
export interface ServiceInterfaceCourse {
  readonly requester: string;
  /** It is on its way out, until then. */
  goneAt: number | undefined;
}

export interface Overlay {
  readonly account: string;
  readonly region: string;
  readonly instances: Map<string, InstanceCourse>;
  /** Resources that were made a moment ago, and when the describes will show them. */
  readonly visibleAt: Map<string, number>;
  /** VPCs are `pending` until then. */
  readonly availableAt: Map<string, number>;
  /** VPC endpoints: pending at first, deleting at last. */
  readonly endpoints: Map<string, EndpointCourse>;
  readonly natGateways: Map<string, NatGatewayCourse>;
  readonly serviceInterfaces: Map<string, ServiceInterfaceCourse>;
  readonly tokens: Map<string, { fingerprint: string; answer: Answer }>;
}

export interface Ec2Deps {
  readonly world: World;
  readonly of: (call: { account: string; region: string }) => Overlay;
  /** Mutations of one account and region run one after the other, so that a check still holds when its call arrives. */
  readonly serial: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

export type Params = Record<string, unknown>;

export const createOverlays = () => {
  const overlays = new Map<string, Overlay>();
  return {
    of({ account, region }: { account: string; region: string }): Overlay {
      const key = `${account}/${region}`;
      const overlay = overlays.get(key) ?? {
        account,
        region,
        instances: new Map(),
        visibleAt: new Map(),
        availableAt: new Map(),
        endpoints: new Map(),
        natGateways: new Map(),
        serviceInterfaces: new Map(),
        tokens: new Map(),
      };
      overlays.set(key, overlay);
      return overlay;
    },
    all: (account: string): Overlay[] => [...overlays.values()].filter((each) => each.account === account),
  };
};

export const textOf = (params: Params, name: string): string => {
  const value = params[name];
  return value === undefined || value === null ? '' : String(value);
};

export const textsOf = (params: Params, name: string): string[] => ((params[name] ?? []) as unknown[]).map(String);

export const objectsOf = (params: Params, name: string): Params[] => (params[name] ?? []) as Params[];

export const dependencyViolation = (message: string): AwsError => new AwsError('DependencyViolation', message);

/** `The vpc 'vpc-1' has dependencies and cannot be deleted.` */
export const hasDependencies = (what: string, id: string): AwsError =>
  dependencyViolation(`The ${what} '${id}' has dependencies and cannot be deleted.`);

export const succeeded = (answer: Answer): boolean => answer.status < 300;

/** A rule for a call that changes something. */
export const mutation =
  ({ serial }: Ec2Deps, rule: Rule): Rule =>
  (call, forward) =>
    serial(`${call.account}/${call.region}`, () => rule(call, forward));

/** The answer to a call whose result is only that it worked. */
export const done = (world: World, call: Call, result: Params = {}): Answer => world.answer(call, result);
