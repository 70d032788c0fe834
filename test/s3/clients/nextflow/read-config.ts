/** Has Nextflow read a configuration, as `nextflow config` does for a user. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installNextflow } from './install.ts';

/** `v1`: the parser that reads Groovy. `v2`: the strict one, which also knows which options there are. */
export const PARSERS = ['v1', 'v2'] as const;

export interface Reading {
  readonly parser: (typeof PARSERS)[number];
  /** The plugin that the configuration names, as `<id>@<version>`; of Nextflow's own the version that it asks for. */
  readonly plugin: `${string}@${string}`;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ReadConfig {
  readonly config: unknown;
  /** Options that Nextflow doesn't know, by `v2` alone. */
  readonly unknown: readonly string[];
}

/** @throws Error with what Nextflow wrote where it refuses the configuration */
export const readConfig = async (text: string, { parser, plugin, environment }: Reading): Promise<ReadConfig> => {
  const folder = mkdtempSync(join(tmpdir(), 'nextflow-'));
  try {
    writeFileSync(join(folder, 'nextflow.config'), text);
    const { bin, env } = installNextflow(folder, plugin);
    const { stdout } = await promisify(execFile)(join(bin, 'nextflow'), ['config', '-o', 'json'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        ...env,
        NXF_SYNTAX_PARSER: parser,
        ...environment,
      },
      timeout: 300_000,
    }).catch((error: { readonly stdout?: string; readonly stderr?: string }) => {
      throw new Error(`Nextflow refuses it: ${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
    });
    return {
      config: JSON.parse(stdout.slice(stdout.indexOf('{'))),
      unknown: [...stdout.matchAll(/^WARN: Unrecognized config option '(.*)'$/gm)].map(([, option = '']) => option),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
