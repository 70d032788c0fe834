/**
 * Names that users give to subjects: in an environment, each is one subject's of its kind. A name is taken by creating
 * its marker, and is never given back: who takes it later judges whether its holder still has it.
 */
import { fail } from '#domain/core/failures.ts';
import type { SubjectKind } from '#domain/core/subject.ts';
import { givenNameKey } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

/** Whose a name is. */
export interface NameHolder {
  /** Name of the subject. */
  readonly subject: string;
  /** ISO time at which it was taken: its subject may not be there yet. */
  readonly at: string;
}

export interface GivenName {
  readonly kind: SubjectKind;
  readonly environment: string;
  readonly name: string;
}

/** Others take the same name at the same time: that often in a row is not believed. */
const TRIES = 5;

export type GivenNames = ReturnType<typeof createGivenNames>;

export const createGivenNames = (objects: Objects, now: () => number) => {
  const read = async (key: string): Promise<{ holder: NameHolder; etag: string } | undefined> => {
    const stored = await objects.read(key);
    return stored && { holder: JSON.parse(stored.body) as NameHolder, etag: stored.etag };
  };

  return {
    async holderOf(of: GivenName): Promise<NameHolder | undefined> {
      return (await read(givenNameKey(of)))?.holder;
    },

    /**
     * Undefined where the name is this subject's now; else whose it is.
     * @param isFree has this other holder given it up?
     */
    async take(
      of: GivenName,
      subject: string,
      isFree: (holder: NameHolder) => Promise<boolean>,
    ): Promise<NameHolder | undefined> {
      const key = givenNameKey(of);
      const body = JSON.stringify({ subject, at: new Date(now()).toISOString() } satisfies NameHolder);
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const found = await read(key);
        if (found?.holder.subject === subject) return undefined;
        if (found && !(await isFree(found.holder))) return found.holder;
        try {
          await (found ? objects.replace(key, body, found.etag) : objects.create(key, body));
          return undefined;
        } catch (error) {
          if (!(error instanceof WriteConflict)) throw error;
        }
      }
      throw fail('Unavailable', `others take the name ${of.name} at the same moment; try again`);
    },
  };
};
