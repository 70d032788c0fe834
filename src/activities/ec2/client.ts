/** EC2's client, and its filters. A filter that fits nothing is an empty list, where an unknown id is an error. */
import type { EC2Client, Filter } from '@aws-sdk/client-ec2';
import type { AwsClient } from '#aws/clients.ts';

export type Ec2 = AwsClient<EC2Client>;

/** `filters({ 'vpc-id': id, 'tag:Name': name })`; a list means any of them. */
export const filters = (wanted: Readonly<Record<string, string | readonly string[]>>): Filter[] =>
  Object.entries(wanted).map(([Name, values]) => ({
    Name,
    Values: typeof values === 'string' ? [values] : [...values],
  }));
