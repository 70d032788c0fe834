/** CloudWatch Logs. */
import type { ResourceSpec } from './spec.ts';

export interface LogGroupSpec extends ResourceSpec {
  /** One of those that CloudWatch Logs takes; null: for ever. */
  readonly retentionDays: number | null;
}
