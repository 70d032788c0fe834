/** Instances, and what those start from that Batch makes. */
import type { Tags } from '../core/ownership.ts';
import type { ResourceSpec } from './spec.ts';

/** Operating system of an image: decides Batch's image types, the user data and where the AWS CLI lies. */
export type ImageFamily = 'AL2023' | 'AL2';

export interface InstanceSpec extends ResourceSpec {
  readonly instanceType: string;
  /** Plain text; base64 on the wire. */
  readonly userData: string;
  /** What the instance writes to its console: a line when it does its work, or one that says why it never will. */
  readonly console: { readonly ready: string; readonly failed: string };
}

export interface LaunchTemplateSpec extends ResourceSpec {
  /** Plain text per image family; base64 on the wire. */
  readonly userData: Readonly<Record<ImageFamily, string>>;
  /** Left out: it holds user data and nothing else. */
  readonly settings?: InstanceSettings;
}

/** What instances are like that start from a template. */
export interface InstanceSettings {
  /** The device `/dev/xvda`; gp3. */
  readonly rootVolume: {
    readonly gib: number;
    readonly throughputMibps: number | null;
    /** Id or ARN of the key it is encrypted with; null: AWS's for EBS. */
    readonly kmsKeyId: string | null;
  };
  /** Name of an EC2 key pair. */
  readonly keyPair: string | null;
  /** IMDSv2 alone, reached from containers too: hop limit 2. */
  readonly metadataHopLimit: number;
  /** What instances, volumes and network interfaces carry. */
  readonly tags: Tags;
}

export interface LaunchTemplate {
  readonly id: string;
  /** The version number that holds this spec. */
  readonly version: string;
}
