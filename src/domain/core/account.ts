/** Which AWS account is worked in, and how it is entered. Pinned in the record of a workspace when it is launched. */
export interface AccountRef {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /** The role to assume there; null: Eyrie's own credentials. */
  readonly roleArn: string | null;
  readonly externalId: string | null;
}

/** `aws`, or the partition of the Chinese and the government's regions. */
export const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
};
