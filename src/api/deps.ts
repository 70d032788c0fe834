/** What the API is built from, and what a request carries. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from '#observability/logger.ts';
import type { Metrics } from '#observability/metrics.ts';
import type { ScheduleControl } from '#temporal/schedule-control.ts';
import type { Authenticate } from './authenticate.ts';
import type { ComputeEnvironments } from './compute/compute-environments.ts';
import type { KeyHolders } from './keys/key-holders.ts';
import type { UserKeys } from './keys/user-keys.ts';
import type { ControlStore } from './ports.ts';
import type { Principal } from './principal.ts';
import type { StorageDeps } from './routes/storage/deps.ts';
import type { TesDeps } from './routes/tes/deps.ts';
import type { Sweeps } from './sweeps.ts';
import type { Sessions } from './workspaces/sessions.ts';
import type { Workspaces } from './workspaces/workspaces.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | string>>;
}

export interface ApiDeps {
  readonly authenticate: Authenticate;
  readonly workspaces: Workspaces;
  readonly compute: ComputeEnvironments;
  /** Who asked for which launch. */
  readonly starts: ControlStore['starts'];
  readonly schedules: ScheduleControl;
  readonly sweeps: Sweeps;
  /** Of workspaces' roles, by the token of the workspace. */
  readonly sessions: Sessions;
  /** How clients reach this API; known once it listens. Without a slash at its end. */
  readonly publicUrl: () => string;
  /** H */
  readonly environment: string;
  /** Where AWS is, for Nextflow; undefined: at its usual address. */
  readonly awsEndpoint?: string | undefined;
  readonly readiness: () => Promise<Readiness>;
  /** Aborted when nobody is to wait on this process any longer. Default: never. */
  readonly ending?: AbortSignal;
  readonly metrics: Metrics;
  /** The numbers of all processes of this API, in Prometheus' text. Default: this one's. */
  readonly metricsText?: () => Promise<string>;
  /** What the storage routes need; undefined: there is no S3 endpoint. */
  readonly storage?: Omit<StorageDeps, 'authenticate' | 'awsEndpoint'>;
  /** Undefined: no keys are made for users. */
  readonly userKeys?: UserKeys;
  /** The pass-through to a TES server; undefined: none is configured. */
  readonly tes?: TesDeps | undefined;
  /** Undefined: there are none. */
  readonly keyHolders?: KeyHolders;
  readonly log: Logger;
  readonly version: { readonly version: string; readonly commit: string };
  /** Pause between two looks of an event stream or a waiting call. Default 1 s. */
  readonly lookEveryMs?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

export interface ApiEnv {
  Variables: { requestId: string; principal?: Principal };
}

export type App = OpenAPIHono<ApiEnv>;

/** @throws Error where a protected route was registered outside the paths that need a token. */
export const principalOf = (c: { get(key: 'principal'): Principal | undefined }): Principal => {
  const principal = c.get('principal');
  if (!principal) throw new Error('a protected route without authentication');
  return principal;
};
