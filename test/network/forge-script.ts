/** What cloud-init makes of the user data of a compute environment: files, and one program that is run. */
import { parse } from 'yaml';
import { PLACEHOLDERS } from '#domain/compute/boot-script.ts';
import { computeUserData } from '#domain/compute/user-data.ts';
import { aCompute, type ComputeOverrides } from '../domain/compute-input.ts';

interface CloudConfig {
  readonly write_files: readonly { readonly path: string; readonly permissions?: string; readonly content: string }[];
  readonly runcmd: readonly string[];
}

/** Filled in as by the step that makes the template. */
export const forgeConfig = (family: 'AL2023' | 'AL2', overrides: ComputeOverrides = {}): CloudConfig => {
  const data = computeUserData(family, aCompute({ forgeId: 'a1b2c3d4e5f6g7h8i9j0', ...overrides }))
    .replaceAll(PLACEHOLDERS.efsId, 'fs-0123456789abcdef0')
    .replaceAll(PLACEHOLDERS.lustreDnsName, 'fs-1.fsx.us-east-1.amazonaws.com')
    .replaceAll(PLACEHOLDERS.lustreMountName, 'abcd1234');
  const part = /text\/cloud-config[^\n]*\n\n([\s\S]*?)\n--==EYRIE/.exec(data)?.[1];
  return parse(part ?? '') as CloudConfig;
};

/** Everything that a boot may do, but for Fusion's. */
export const EVERYTHING: ComputeOverrides = {
  config: { nvnmeStorageEnabled: true },
  forge: { efsCreate: true, fsxSize: 1200, ebsAutoScale: true, ecsConfig: "A='x y'\nB=2" },
  eyrie: { kmsKeyId: '11111111-2222-3333-4444-555555555555' },
};

export const forgeScript = (family: 'AL2023' | 'AL2', overrides?: ComputeOverrides): string =>
  forgeConfig(family, overrides).write_files.find(({ path }) => path === '/usr/local/sbin/eyrie-boot')?.content ?? '';

/** A script that it writes between the two lines of a here-document. */
export const withinForgeScript = (path: string, overrides: ComputeOverrides = {}): string =>
  new RegExp(`${path}[^\\n]*<<'EYRIE'[^\\n]*\\n([\\s\\S]*?\\n)EYRIE`).exec(forgeScript('AL2023', overrides))?.[1] ?? '';
