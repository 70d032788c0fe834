/** What a rule may know of the rest of the sandbox. */
import type { Answer, Call } from './call.ts';
import type { Check, Verdict } from './check.ts';
import type { Contract } from './contract.ts';
import type { Keyring } from './keyring.ts';
import type { Limit, Quota } from './limit.ts';
import type { OpenQuestion } from './open-question.ts';

/** A client class of the SDK. */
export type ClientClass<Client> = new (configuration: never) => Client;

export interface World {
  /**
   * The SDK client of a class that talks to moto directly, as root of the account: no signature check, faults, journal
   * or delay.
   */
  moto<Client>(Class: ClientClass<Client>, account: string, region: string): Client;
  /** Milliseconds since the epoch, for the account of the call that is being answered. */
  now(): number;
  /**
   * An AWS-like delay in ms, scaled: 0 at scale 0. `jitter` in 0..1 spreads it by the seeded generator. The scale is
   * that of `account`, by default the account of the call that is being answered.
   */
  delay(ms: number, jitter?: number, account?: string): number;
  /** The access keys that may sign requests: IAM and STS record theirs here. */
  readonly keyring: Keyring;
  limit(account: string, limit: Limit): number;
  /** Which world the account is in, where nobody knows AWS's. */
  assumed<Value>(account: string, question: OpenQuestion<Value>): Value;
  /** Answer in the protocol of the call's service: JSON services take the object; query and EC2 wrap it in XML. */
  answer(call: Call, result: Record<string, unknown>): Answer;
  /** The decoded result of an answer of moto, in the API's member names (XML lists as arrays). */
  decode(call: Call, answer: Answer): Record<string, unknown>;
  /** What another service offers, for rules that cross services (Batch asks IAM whether a role can be assumed yet). */
  service<Offer>(contract: Contract<Offer>): Offer;
  /** May the caller do this too? For rules that look further than the request. */
  verdictOn(call: Call, check: Check): Promise<Verdict>;
  /** @throws AwsError in the service's own words when the check fails. */
  mustBeAllowed(call: Call, check: Check): Promise<void>;
  /** The quotas of all services. */
  quotas(): readonly Quota[];
  /** Every account that has been seen. */
  accounts(): readonly string[];
}
