import type { Command } from 'commander';
import type { PlannedDocument, PlannedStep, QuotaView, StandingCost } from '#domain/core/plan-view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { print, printJson, renderTable } from '../output.ts';

interface Plan {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly steps: readonly PlannedStep[];
  readonly documents: readonly PlannedDocument[];
  readonly quota: QuotaView;
  readonly standingCost: StandingCost;
}

interface Options extends ConnectOptions, LaunchOptions {
  readonly documents?: boolean;
}

export const registerPlan = (program: Command): void => {
  withLaunch(withApi(program.command('plan')))
    .description('say what a launch would make: names, IAM documents, places in quotas, cost; nothing is made')
    .option('--documents', 'show the IAM documents, too')
    .action(async (options: Options) => {
      const request = launchRequestOf(options);
      const api = await connect(options, { user: options.user });
      const plan = await api.call<Plan>('POST', '/v1/workspaces/plan', request);
      if (options.json) return printJson(plan);
      print(`workspace ${plan.id} in account ${plan.account}, ${plan.region}\n`);
      print(`${renderTable([['STEP', 'MAKES', 'NAME'], ...plan.steps.flatMap(rowsOf)])}\n`);
      print(`${renderQuota(plan.quota)}\n`);
      print(renderCost(plan.standingCost));
      if (options.documents) for (const document of plan.documents) print(renderDocument(document));
    });
};

const rowsOf = ({ name, makes }: PlannedStep): string[][] =>
  makes.length === 0
    ? [[name, '', '']]
    : makes.map((one, index) => [index === 0 ? name : '', one.type.replace(/^AWS::/, ''), one.name]);

const renderQuota = ({ fits, places }: QuotaView): string => {
  if (fits === null) return 'places in quotas: not known; no worker answered in time';
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
