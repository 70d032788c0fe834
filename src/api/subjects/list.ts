/** Lists of the subjects of one kind, from their records. */
import type { RecordPage, RecordQuery } from '#control/records.ts';
import type { Principal } from '../principal.ts';
import type { ApiKind, KindRules, Locate, Located, Show } from './kind.ts';

export interface SubjectPage<Kind extends ApiKind> {
  readonly items: readonly Omit<Kind['view'], 'steps'>[];
  readonly nextCursor: string | null;
}

export interface ListParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'userOf'>;
  readonly records: { list(query: RecordQuery<Kind['record']>): Promise<RecordPage<Kind['record']>> };
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
  /** What else has to be true of it. */
  readonly fits?: ((record: Kind['record']) => boolean) | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** @param user Whose alone; undefined: everybody's. */
export type ListSubjects<Kind extends ApiKind> = (
  principal: Principal,
  user: string | undefined,
  query: ListQuery<Kind>,
) => Promise<SubjectPage<Kind>>;

/** An item with an operation in progress is looked at in Temporal: its record may be behind. */
export const createListSubjects =
  <Kind extends ApiKind>(parts: ListParts<Kind>): ListSubjects<Kind> =>
  async (principal, user, { phase, fits = () => true, ...page }) => {
    const { rules, records, locate, show, environment, nameOf } = parts;
    const { items, nextCursor } = await records.list({
      environment,
      name: user === undefined ? undefined : nameOf(user),
      // Another user's name may be escaped to the same text.
      fits: (record) =>
        (phase === undefined || [phase].flat().includes(record.phase)) &&
        (user === undefined || rules.userOf(record) === user) &&
        fits(record),
      ...page,
    });
    const views = await Promise.all(
      items.map(async ({ record }) => {
        const { id, subject } = record;
        const alone: Located<Kind> = { id, subject, user: rules.userOf(record), record, run: undefined };
        return show(record.operation ? ((await locate(id)) ?? alone) : alone, principal);
      }),
    );
    return { items: views.map(({ steps: _, ...item }) => item), nextCursor };
  };
