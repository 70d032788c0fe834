/** Whole bodies for the document: of requests by a name, of answers by their status. */
import { COMPUTE_EXAMPLES } from './compute.ts';
import { HATCHERY_EXAMPLES } from './hatchery.ts';
import { KEY_EXAMPLES } from './keys.ts';
import { OPERATIONS_EXAMPLES } from './operations.ts';
import { SEQERA_EXAMPLES } from './seqera.ts';
import { STORAGE_EXAMPLES } from './storage.ts';
import { TES_EXAMPLES } from './tes.ts';
import { WORKSPACE_EXAMPLES } from './workspaces.ts';

export interface OperationExamples {
  /** Each is taken as it is. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly answers?: Readonly<Record<number, unknown>>;
}

export type Examples = Readonly<Record<string, OperationExamples>>;

/** By operation id. */
export const EXAMPLES: Examples = {
  ...WORKSPACE_EXAMPLES,
  ...HATCHERY_EXAMPLES,
  ...COMPUTE_EXAMPLES,
  ...SEQERA_EXAMPLES,
  ...STORAGE_EXAMPLES,
  ...KEY_EXAMPLES,
  ...TES_EXAMPLES,
  ...OPERATIONS_EXAMPLES,
};
