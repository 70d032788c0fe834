/** Records of workspaces as they are read: version 1 is understood, version 2 is written. */
import { activeKey } from '../core/access-key.ts';
import type { RecordCodec } from '../core/record.ts';
import type { WorkspaceRecord } from './record.ts';
import { workspaceSubject } from './subject.ts';

type Optional = 'unfinished' | 'unrestored' | 'remedy';

/** Its seal went by the launch, so what was not claimed by then is lost. */
interface Key1 {
  readonly accessKeyId: string;
  readonly launchId: string;
  readonly createdAt: string;
}

/** It had no subject, and what a later Eyrie had added might be missing. */
type Version1 = Omit<WorkspaceRecord, 'version' | 'subject' | 'key' | Optional> &
  Partial<Pick<WorkspaceRecord, Optional>> & { readonly version: 1; readonly key: Key1 | null };

const fromVersion1 = (old: Version1): WorkspaceRecord => ({
  ...old,
  version: 2,
  subject: workspaceSubject(old.workspace),
  key: old.key && activeKey(old.key.accessKeyId, old.key.createdAt),
  // The last launch, where it is not said which ones left something.
  unfinished: old.unfinished ?? (old.leftovers.length > 0 ? [old.launchId] : []),
  unrestored: old.unrestored ?? [],
  remedy: old.remedy ?? null,
});

export const WORKSPACE_RECORDS: RecordCodec<WorkspaceRecord> = {
  kind: 'workspace',
  parse(stored) {
    const record = stored as WorkspaceRecord | Version1;
    switch (record.version) {
      case 2:
        return record;
      case 1:
        return fromVersion1(record);
      default:
        throw new Error('a newer version of Eyrie has written this record of a workspace: update this one');
    }
  },
};
