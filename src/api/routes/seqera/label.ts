/** A label as Seqera's API has it: a thing by itself with a number. Here it is a tag, and the number follows from it. */
import { createHash } from 'node:crypto';

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly value: string;
  readonly resource: true;
  readonly isDefault: false;
}

/** What a number of JSON holds exactly. */
const ID_BYTES = 6;

const labelOf = (name: string, value: string): Label => ({
  id: createHash('sha256')
    .update(JSON.stringify([name, value]))
    .digest()
    .readUIntBE(0, ID_BYTES),
  name,
  value,
  resource: true,
  isDefault: false,
});

export const labelsOf = (labels: Readonly<Record<string, string>>): readonly Label[] =>
  Object.entries(labels).map(([name, value]) => labelOf(name, value));
