/** Instances, and what those start from that Batch makes. */
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
}

export interface LaunchTemplate {
  readonly id: string;
  /** The version number that holds this spec. */
  readonly version: string;
}
