/** Credentials: asked for once, kept, renewed ahead of their expiry, and always used as one generation. */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** As the AWS SDK's credential providers are. */
export type CredentialProvider = () => Promise<Credentials>;

export interface CredentialSource {
  /**
   * Synchronous but for the first time and after an expiry that could not be prevented. One request is made however many
   * callers wait for it; a failure is not kept.
   */
  current(): Credentials | Promise<Credentials>;
  /** After they were refused: asked for again, though not more than once in a second. */
  renew(): Promise<Credentials>;
  /** The next call asks anew. */
  forget(): void;
}

export interface CredentialSourceOptions {
  readonly now: () => number;
  /** With less than this left nobody is given them, in milliseconds. Default: 0. */
  readonly neededMs?: number;
}

/** So long before callers would have to wait for new ones, they are asked for in the background. */
const AHEAD_MS = 5 * 60_000;
const RENEW_EVERY_MS = 1_000;

export const createCredentialSource = (
  provider: CredentialProvider,
  { now, neededMs = 0 }: CredentialSourceOptions,
): CredentialSource => {
  let held: Credentials | undefined;
  let askedAt = 0;
  let running: Promise<Credentials> | undefined;

  const ask = (): Promise<Credentials> => {
    if (running) return running;
    askedAt = now();
    const asked: Promise<Credentials> = provider()
      .then((credentials) => {
        const copy = { ...credentials };
        if (running === asked) held = copy;
        return copy;
      })
      .finally(() => {
        if (running === asked) running = undefined;
      });
    running = asked;
    return asked;
  };

  const msLeft = ({ expiration }: Credentials): number =>
    expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - now() - neededMs;

  return {
    current() {
      if (!held) return ask();
      const left = msLeft(held);
      if (left > AHEAD_MS) return held;
      if (left <= 0) return ask();
      if (now() - askedAt >= RENEW_EVERY_MS) ask().catch(() => {}); // the held ones still serve
      return held;
    },
    renew() {
      const isNew = held && !running && now() - askedAt < RENEW_EVERY_MS && msLeft(held) > 0;
      return held && isNew ? Promise.resolve(held) : ask();
    },
    forget() {
      held = undefined;
      running = undefined;
    },
  };
};
