/**
 * The connection to Temporal by its own standards: the `TEMPORAL_*` variables, the profile file, TLS and API keys.
 * Address and namespace of Eyrie's configuration win over both.
 */
import { Client, Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { DATA_CONVERTER } from './data-converter.ts';

export interface TemporalSettings {
  readonly profile?: string | undefined;
  /** host:port */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A caller waits for it, so not the SDK's ten seconds. */
const CONNECT_MS = 5_000;

const DEFAULT_NAMESPACE = 'default';

/** Temporal Cloud finds the namespace by it. The SDK sends it with the calls of one service alone. */
const NAMESPACE_HEADER = 'temporal-namespace';

/** Also what a worker's NativeConnection takes. */
export const resolveTemporal = (
  settings: TemporalSettings,
): { connectionOptions: ClientConnectConfig['connectionOptions']; namespace: string } => {
  const { connectionOptions, namespace: given } = loadClientConnectConfig(
    settings.profile === undefined ? {} : { profile: settings.profile },
  );
  const namespace = settings.namespace ?? given ?? DEFAULT_NAMESPACE;
  return {
    connectionOptions: {
      ...connectionOptions,
      ...(settings.address && { address: settings.address }),
      metadata: { ...connectionOptions.metadata, [NAMESPACE_HEADER]: namespace },
    },
    namespace,
  };
};

/** Connects at the first call, so that the API starts (and says so in `/health/ready`) while Temporal is down. */
export const createTemporalClient = (settings: TemporalSettings): Client => {
  const { connectionOptions, namespace } = resolveTemporal(settings);
  const connection = Connection.lazy({ ...connectionOptions, connectTimeout: CONNECT_MS });
  return new Client({ connection, namespace, dataConverter: DATA_CONVERTER });
};
