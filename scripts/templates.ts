/** Writes Terraform's modules and CloudFormation's templates anew from the published IAM documents: `npm run templates`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templates } from '#bootstrap/templates.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

for (const [path, text] of templates()) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
