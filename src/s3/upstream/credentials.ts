/** Credentials for the upstream, renewed ahead of their expiry and always used as one generation. */

export interface UpstreamCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** As the AWS SDK's credential providers are. */
export type CredentialProvider = () => Promise<UpstreamCredentials>;

export interface CredentialSource {
  /** Synchronous but for the first time and after an expiry that could not be prevented. */
  current(): UpstreamCredentials | Promise<UpstreamCredentials>;
  /** After the upstream refused them: fetched again, though not more than once in a second. */
  renew(): Promise<UpstreamCredentials>;
}

/** Renewed this long before they expire, in the background. */
const AHEAD_MS = 5 * 60_000;
const RENEW_EVERY_MS = 1_000;

export const createCredentialSource = (provider: CredentialProvider, now: () => number): CredentialSource => {
  let held: UpstreamCredentials | undefined;
  let fetchedAt = 0;
  let running: Promise<UpstreamCredentials> | undefined;

  const fetch = (): Promise<UpstreamCredentials> => {
    running ??= provider()
      .then((credentials) => {
        held = { ...credentials };
        fetchedAt = now();
        return held;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  const msLeft = ({ expiration }: UpstreamCredentials): number =>
    expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - now();

  return {
    current() {
      if (!held) return fetch();
      const left = msLeft(held);
      if (left > AHEAD_MS) return held;
      if (left <= 0) return fetch();
      if (now() - fetchedAt > RENEW_EVERY_MS) fetch().catch(() => {}); // the held ones still serve
      return held;
    },
    renew: () => (held && now() - fetchedAt < RENEW_EVERY_MS ? Promise.resolve(held) : fetch()),
  };
};
