/**
 * The user of a call of Hatchery's. Hatchery reads the name from a header and escapes it for HTML at once, so `o'neil` is
 * handed over as `o&#39;neil` by one patch and as it is by another: both are one person, and have one workspace.
 */
import { z } from '@hono/zod-openapi';
import { htmlUnescape } from '#domain/core/escaping.ts';
import { ApiProblem } from '../../problems.ts';

const NAME_MAX = 256;
/** An escaped character has five at most. */
const GIVEN_MAX = 5 * NAME_MAX;

const DESCRIPTION =
  'Whether `user` is escaped as Go’s `html.EscapeString` does it. Default: yes where the text looks escaped.';

export const HATCHERY_USER = {
  user: z
    .string()
    .min(1)
    .max(GIVEN_MAX)
    .openapi({ description: 'Their name, escaped for HTML or not', example: 'test@example.com' }),
  userIsEscaped: z.boolean().optional().openapi({ description: DESCRIPTION, example: false }),
};

/** The same in a query, where all is text. */
export const HATCHERY_USER_QUERY = {
  user: HATCHERY_USER.user,
  userIsEscaped: z.enum(['true', 'false']).optional().openapi({ description: DESCRIPTION, example: 'false' }),
};

/** The name itself. @throws Invalid where it can't be what the call says, or is too long */
export const hatcheryUser = ({
  user,
  userIsEscaped,
}: {
  readonly user: string;
  readonly userIsEscaped?: boolean | 'true' | 'false' | undefined;
}): string => {
  const said = userIsEscaped === undefined ? undefined : String(userIsEscaped) === 'true';
  const plain = said === false ? user : htmlUnescape(user);
  if (said === true && plain === undefined) {
    throw invalid('is marked as escaped for HTML, but holds characters that escaping replaces');
  }
  const name = plain ?? user;
  if (name.length > NAME_MAX) throw invalid(`has ${name.length} characters, the limit is ${NAME_MAX}`);
  return name;
};

const invalid = (what: string): ApiProblem =>
  new ApiProblem('Invalid', 'the request is not valid', { errors: [{ pointer: '/user', detail: `the name ${what}` }] });
