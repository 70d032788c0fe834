/** Options that say what to launch, and the request that they make. */
import type { Command } from 'commander';
import { readDocument } from './read-document.ts';

export interface LaunchOptions {
  readonly user?: string;
  readonly profile?: string;
  readonly nextflow?: string;
  readonly payModel?: string;
}

export const withLaunch = (command: Command): Command =>
  command
    .option('--user <name>', 'for whom (default: the token’s user)')
    .option('--profile <name>', 'a configured profile')
    .option('--nextflow <file>', "JSON or YAML file with a container's nextflow block instead of a profile")
    .option('--pay-model <file>', 'JSON or YAML file with a pay-model record');

/** @throws CliError where a file can't be read */
export const launchRequestOf = ({ user, profile, nextflow, payModel }: LaunchOptions): object => ({
  ...(user !== undefined && { user }),
  ...(profile !== undefined && { profile }),
  ...(nextflow !== undefined && { nextflow: readDocument(nextflow) }),
  ...(payModel !== undefined && { payModel: readDocument(payModel) }),
});
