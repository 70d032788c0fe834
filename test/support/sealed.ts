import type { AccessKeySecret, Seals } from '#control/seals.ts';
import type { SubjectRef } from '#domain/core/subject.ts';

/** The secret that a run has sealed; undefined where there is none. */
export const sealedBy = async (seals: Seals, of: SubjectRef, run: string): Promise<AccessKeySecret | undefined> => {
  const seal = (await seals.list(of)).find((one) => one.run === run);
  return seal && (await seals.open(of, seal.accessKeyId));
};
