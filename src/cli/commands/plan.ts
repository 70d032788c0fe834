import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { print, printJson } from '../output.ts';
import { printPlan, type ShownPlan } from '../render-plan.ts';

interface Plan extends ShownPlan {
  readonly id: string;
  readonly account: string;
  readonly region: string;
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
      printPlan(plan, options.documents === true);
    });
};
