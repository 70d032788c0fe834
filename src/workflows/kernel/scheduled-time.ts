import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

const DUE = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/**
 * When this run of a schedule was due, as ISO time: what a run decides by, so that a late one, and one that is tried again,
 * does what the missed one would have done. Of a run that no schedule started: its start. A run that continues as new
 * hands it on.
 */
export const scheduledTime = (): string => {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return (typedSearchAttributes.get(DUE) ?? startTime).toISOString();
};
