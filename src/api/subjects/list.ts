/** Lists of the subjects of one kind: from their records, and of what no worker has begun yet, from Temporal. */
import type { NamedPage, NamedQuery } from '#control/records.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { Operations } from '#temporal/operations.ts';
import type { Principal } from '../principal.ts';
import type { ApiKind, KindRules, Locate, Located, Show } from './kind.ts';

export type SubjectItem<Kind extends ApiKind> = Omit<Kind['view'], 'steps'>;

export interface SubjectPage<Kind extends ApiKind> {
  readonly items: readonly SubjectItem<Kind>[];
  readonly nextCursor: string | null;
}

export interface ListParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'kind' | 'userOf'>;
  readonly operations: Pick<Operations<Kind>, 'namesUnderWay'>;
  readonly records: { listNamed(query: NamedQuery<Kind['record']>): Promise<NamedPage<Kind['record']>> };
  readonly locate: Locate<Kind>;
  readonly show: Show<Kind>;
  /** H */
  readonly environment: string;
  /** What the record of a user's subject is called. */
  readonly nameOf: (user: string) => string;
}

export interface ListQuery<Kind extends ApiKind> {
  /** Default: whatever. */
  readonly phase?: Kind['phase'] | readonly Kind['phase'][] | undefined;
  /** What else has to be true of it. Where there is no record, the run tells. */
  readonly fits?: ((located: Located<Kind>) => boolean) | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** @param user Whose alone; undefined: everybody's. */
export type ListSubjects<Kind extends ApiKind> = (
  principal: Principal,
  user: string | undefined,
  query: ListQuery<Kind>,
) => Promise<SubjectPage<Kind>>;

/** What is under way is looked at in Temporal: its record may be behind, or not there before a worker begins. */
export const createListSubjects =
  <Kind extends ApiKind>(parts: ListParts<Kind>): ListSubjects<Kind> =>
  async (principal, user, { phase, fits = () => true, ...page }) => {
    const { rules, operations, records, locate, show, environment, nameOf } = parts;
    const { kind, userOf } = rules;
    const named = user === undefined ? await operations.namesUnderWay({ kind, environment }) : [nameOf(user)];
    const looked = new Set(named);

    const isIn = (one: Kind['phase']): boolean => phase === undefined || [phase].flat().includes(one);
    // Another user's name may be escaped to the same text.
    const isWanted = (located: Located<Kind>): boolean =>
      (user === undefined || located.user === user) && fits(located);
    const alone = (record: Kind['record']): Located<Kind> => {
      const { id, subject } = record;
      return { id, subject, user: userOf(record), record, run: undefined };
    };
    const mayBeBehind = ({ operation, subject }: Kind['record']): boolean =>
      operation !== null || looked.has(subject.name);

    const { items, nextCursor } = await records.listNamed({
      environment,
      named,
      name: user === undefined ? undefined : nameOf(user),
      fits: (record) => isWanted(alone(record)) && (mayBeBehind(record) || isIn(record.phase)),
      ...page,
    });
    const views = await Promise.all(
      items.map(async ({ name, record }) => {
        const isLooked = !record || mayBeBehind(record);
        const found = isLooked ? await locate(subjectId({ kind, environment, name })) : undefined;
        const located = found ?? (record && alone(record));
        return located && isWanted(located) ? [await show(located, principal)] : [];
      }),
    );
    const shown = views.flat().filter((view) => isIn(view.phase));
    return { items: shown.map(({ steps: _, ...item }) => item), nextCursor };
  };
