import type { Foundation, FoundationSpec } from '#domain/core/foundation.ts';
import { look, mutate } from '../kernel/calls.ts';
import { settleAll } from '../kernel/settle.ts';
import { inOneStep } from '../kernel/step.ts';

/**
 * What all workspaces of an account and environment share: instance profile, KMS key, bucket. Made once, converged
 * again by each launch that finds no run under way, and never undone: other workspaces live on it.
 */
export async function accountFoundation(spec: FoundationSpec): Promise<Foundation> {
  return await inOneStep('foundation', spec.timing, async () => {
    const [profile, storage] = await settleAll([instanceProfile(spec), bucket(spec)]);
    return {
      instanceProfileArn: profile.arn,
      kmsKeyArn: storage.kmsKeyArn,
      bucket: spec.bucket.name,
      made: [...profile.made, ...storage.made],
    };
  });
}

async function instanceProfile(spec: FoundationSpec) {
  const profile = await mutate.ensureInstanceProfile(spec.instanceProfile);
  await look.awaitInstanceProfileUsable(spec.instanceProfile);
  return profile;
}

async function bucket(spec: FoundationSpec) {
  const key = await mutate.ensureKmsKey(spec.kmsKey);
  const made = await mutate.ensureBucket(spec.bucket, key.arn);
  return { kmsKeyArn: key.arn, made: [key.made, made.made] };
}
