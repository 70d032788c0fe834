import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { CliError, EXIT } from './exit-codes.ts';

/** A YAML or JSON file; `-` is standard input. @throws CliError where it can't be read */
export const readDocument = (file: string): unknown => {
  try {
    return parseYaml(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
