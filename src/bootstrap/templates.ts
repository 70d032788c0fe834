/** All that is generated from the published documents: text by its path in the checkout. */
import { cloudFormation } from './cloudformation.ts';
import { PARTS } from './plan.ts';
import { terraform } from './terraform.ts';

export const templates = (): ReadonlyMap<string, string> =>
  new Map(
    PARTS.flatMap((part) => [
      [`deploy/cloudformation/${part}.yaml`, cloudFormation(part)],
      [`deploy/terraform/${part}/main.tf.json`, terraform(part)],
    ]),
  );
