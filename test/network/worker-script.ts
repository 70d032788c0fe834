/** What cloud-init makes of a worker's user data: the files that it writes and the one script that it runs. */
import { parse } from 'yaml';
import { launchTemplateUserData } from '#domain/workspace/user-data.ts';

interface CloudConfig {
  readonly write_files?: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly string[];
}

const PARTS = {
  imageWhitelist: ['123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:*'],
  escapedUser: 'jane',
  region: 'us-east-1',
};

export const workerConfig = (family: 'AL2023' | 'AL2'): CloudConfig => {
  const part = /text\/cloud-config[^\n]*\n\n([\s\S]*?)\n--/.exec(launchTemplateUserData(family, PARTS))?.[1];
  return parse(part ?? '') as CloudConfig;
};

/**
 * Each command stands in one script of a plain shell, which goes on after a failure.
 * @see https://docs.cloud-init.io/en/latest/reference/modules.html#runcmd
 */
export const workerScript = (family: 'AL2023' | 'AL2'): string =>
  ['#!/bin/sh', ...workerConfig(family).runcmd, ''].join('\n');
