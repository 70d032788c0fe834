/** Values that follow from the configuration, in the form in which the code below the roots wants them. */
import { environmentOf } from '#domain/core/escaping.ts';
import type { Installation } from '#domain/core/installation.ts';
import { scaleTiming, type Timing } from '#domain/core/timing.ts';
import type { StorageSettings } from '#domain/storage/input.ts';
import type { RefreshingSettings } from '#domain/workspace/credentials.ts';
import type { LaunchSettings } from '#domain/workspace/input.ts';
import type { TokenTrust } from '#identity/verify-token.ts';
import type { ContainerAuthz } from './container-authz.ts';
import type { Config } from './schema.ts';

/** Who may launch which profile: those of containers that say so. */
export const profileAuthzOf = ({ containers }: Pick<Config, 'containers'>): Readonly<Record<string, ContainerAuthz>> =>
  Object.fromEntries(containers.flatMap(({ name, nextflow, authz }) => (nextflow && authz ? [[name, authz]] : [])));

export const installationOf = ({ environment, aws }: Pick<Config, 'environment' | 'aws'>): Installation => ({
  environment: environmentOf(environment),
  controlBucket: aws.controlBucket,
});

export const timingOf = ({ timing }: Pick<Config, 'timing'>): Timing =>
  scaleTiming(
    {
      propagationMs: timing.propagationSeconds * 1000,
      lookEveryMs: timing.lookEverySeconds * 1000,
      undoGiveUpMs: timing.undoGiveUpSeconds * 1000,
      expectedScale: 1,
      keyGraceMs: timing.keyGraceMinutes * 60_000,
    },
    timing.scale,
  );

/** The role under which the API works, and so enters workspaces' roles; undefined where the configuration does not name it. */
export const apiRoleOf = ({ api, aws, credentials }: Pick<Config, 'api' | 'aws' | 'credentials'>): string | undefined =>
  credentials.enteredBy ?? api.assumeRole?.roleArn ?? aws.assumeRole?.roleArn;

/** Undefined where the holders of workspaces of this profile are given a key alone. */
export const refreshingOf = (
  config: Pick<Config, 'api' | 'aws' | 'credentials'>,
  profile: string | null,
): RefreshingSettings | undefined => {
  const { form: usual, profiles } = config.credentials;
  const form = (profile !== null && Object.hasOwn(profiles, profile) ? profiles[profile] : undefined) ?? usual;
  const enteredBy = apiRoleOf(config);
  return form === 'key' || enteredBy === undefined ? undefined : { form, enteredBy };
};

export const settingsOf = ({
  network,
  squid,
  vpcCidr,
}: Pick<Config, 'network' | 'squid' | 'vpcCidr'>): LaunchSettings => ({
  network,
  squid,
  vpcCidr,
});

export const storageSettingsOf = ({
  storage: { expirationDays, nonCurrentDays, abortUploadsDays, versioning, kms, corsOrigins },
  environment,
}: Pick<Config, 'storage' | 'environment'>): StorageSettings => ({
  ...{ expirationDays, nonCurrentDays, abortUploadsDays, versioning, kms },
  corsOrigins: corsOrigins ?? [`https://${environment}`],
});

/** Which tokens are believed: the same at every door. */
export const tokenTrustOf = ({ auth, s3 }: Pick<Config, 'auth' | 's3'>): TokenTrust => ({
  issuer: auth.issuer,
  audience: auth.audience,
  algorithms: auth.algorithms,
  scopes: [...auth.scopes, ...s3.scopes],
  purpose: auth.purpose,
  clockToleranceSeconds: auth.clockToleranceSeconds,
});
