/** Ids of compute environments: `<H>.<forge id>`, or the forge id alone, which is what Seqera's API knows. */
import { createHash, randomInt } from 'node:crypto';
import { isForgeId, mintForgeId } from '#domain/compute/names.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { subjectId } from '#domain/core/subject.ts';

/** In either form; whatever else it is, there is no such environment. */
export const fullId = (id: string, environment: string): string =>
  isForgeId(id) ? subjectId(computeSubject({ environment, forgeId: id })) : id;

export const newForgeId = (): string => mintForgeId((below) => randomInt(below));

/** The same call of the same caller is about the same environment, at whatever process of the API it arrives. */
export const forgeIdOfCall = (environment: string, caller: string, idempotencyKey: string): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([environment, caller, idempotencyKey]))
    .digest();
  let rest = BigInt(`0x${hash.toString('hex')}`);
  return mintForgeId((below) => {
    const digit = rest % BigInt(below);
    rest /= BigInt(below);
    return Number(digit);
  });
};
