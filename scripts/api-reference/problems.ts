import { MEANINGS } from '#api/openapi.ts';
import { FAILURES } from '#domain/core/failures.ts';
import { table } from './markdown.ts';

/** Codes with their pages, and what a status means at any route. */
export const renderProblems = (): string => {
  const codes = table(
    ['code', 'status', 'title'],
    Object.entries(FAILURES).map(([code, { status, title }]) => [
      `[\`${code}\`](../operations/runbook/${code}.md)`,
      `${status}`,
      title,
    ]),
  );
  const statuses = table(
    ['status', 'means', 'code'],
    Object.entries(MEANINGS).map(([status, { means, codes: of }]) => [
      status,
      means,
      of.map((code) => `\`${code}\``).join(', '),
    ]),
  );
  return `${codes}\n\n${statuses}`;
};
