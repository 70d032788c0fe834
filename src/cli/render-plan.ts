/** What an operation would do, for a person to read. */
import { NO_WORKER } from '#domain/core/no-worker.ts';
import type { PlannedDocument, PlannedStep, QuotaView, StandingCost } from '#domain/core/plan-view.ts';
import { print, renderTable } from './output.ts';
import { typedIn } from './typed.ts';

const QUOTA_UNKNOWN = `${NO_WORKER.reason}: \`eyrie doctor\` tells operators which ones there are`;

export interface ShownPlan {
  readonly steps: readonly PlannedStep[];
  readonly documents: readonly PlannedDocument[];
  readonly quota: QuotaView;
  readonly standingCost: StandingCost;
}

export const printPlan = (plan: ShownPlan, documents: boolean): void => {
  print(`${renderTable([['STEP', 'MAKES', 'NAME'], ...plan.steps.flatMap(rowsOf)])}\n`);
  print(`${renderQuota(plan.quota)}\n`);
  print(renderCost(plan.standingCost));
  if (documents) for (const document of plan.documents) print(renderDocument(document));
};

const rowsOf = ({ name, makes }: PlannedStep): string[][] =>
  makes.length === 0
    ? [[name, '', '']]
    : makes.map((one, index) => [index === 0 ? name : '', one.type.replace(/^AWS::/, ''), one.name]);

const renderQuota = ({ fits, places }: QuotaView): string => {
  if (fits === null) return `places in quotas: not known; ${typedIn(QUOTA_UNKNOWN)}`;
  if (places.length === 0) return 'places in quotas: none are needed';
  const rows = places.map(({ counts, used, limit, wanted, fits: one }) => [
    `  ${counts}`,
    `${used} of ${limit} in use`,
    `${wanted} more wanted`,
    one ? 'fits' : 'DOES NOT FIT',
  ]);
  return [`places in quotas: ${fits ? 'there are enough' : 'there are not enough'}`, renderTable(rows)].join('\n');
};

const dollars = (perMonth: number | null): string => (perMonth === null ? 'not known' : `about USD ${perMonth}`);

const renderCost = ({ perMonth, items, prices }: StandingCost): string =>
  [
    `while nothing runs, a month: ${dollars(perMonth)} (${prices})`,
    ...items.map((item) => `  ${item.what}: ${dollars(item.perMonth)}`),
  ].join('\n');

const renderDocument = ({ name, kind, document }: PlannedDocument): string =>
  `\n${kind} of ${name}\n${JSON.stringify(document, null, 2)}`;
