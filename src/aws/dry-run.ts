/**
 * AWS as it is, but that nothing is changed: reads go through, and a write is noted and answered with nothing, as if it
 * had been done. Whoever makes things what they should be tells by it what they are not.
 */
import type { AccountRef } from '#domain/core/account.ts';
import { type Aws, isRead, operationOf, type SdkCommand } from './clients.ts';

/** A write that would have been made. */
export interface NotedWrite {
  /** As AWS calls it: `UpdateJobQueue`. */
  readonly operation: string;
  readonly input: object;
  /** What was asked and answered before it, newest first: what it would change is there somewhere. */
  readonly reads: readonly object[];
}

/** Something would be made that is not there. It has no id, so nobody can go on with it. */
export class NotMade extends Error {
  readonly operation: string;

  constructor(operation: string) {
    super(`${operation} would make it`);
    this.operation = operation;
  }
}

/** Tags are put on what is there. */
const MAKES = /^(Create(?!Tags$)|Register|Run|Allocate)/;

type Send = (command: SdkCommand) => Promise<unknown>;

/** For one activity. */
export const dryRun = (aws: Aws): { readonly aws: Aws; readonly writes: readonly NotedWrite[] } => {
  const writes: NotedWrite[] = [];
  const reads: object[] = [];

  const dry =
    (send: Send): Send =>
    async (command) => {
      const operation = operationOf(command);
      const input = command.input as { readonly DryRun?: boolean };
      if (isRead(operation) || input.DryRun === true) {
        const answer = await send(command);
        reads.unshift({ ...input, ...(answer as object) });
        return answer;
      }
      if (MAKES.test(operation)) throw new NotMade(operation);
      writes.push({ operation, input, reads: [...reads] });
      return {};
    };

  const service = (name: keyof Omit<Aws, 'as'>) => (account: AccountRef) => {
    const client = aws[name](account) as unknown as { readonly send: Send };
    return { send: dry((command) => client.send(command)) };
  };

  const dried = new Proxy(aws, {
    get: (_, name: keyof Aws) => (name === 'as' ? () => dried : service(name)),
  });
  return { aws: dried, writes };
};
