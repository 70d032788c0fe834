/**
 * Which of EC2's quotas an instance type counts against. They count vCPUs by class of instances, on demand and Spot
 * apart; no API tells the class of a type.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */

export interface VcpuQuota {
  /** Of Service Quotas, for example `L-1216C47A`. */
  readonly code: string;
  /** As Service Quotas calls it, without the bracket. */
  readonly name: string;
}

type Class = 'Standard' | 'F' | 'G and VT' | 'P' | 'X' | 'Inf' | 'DL' | 'Trn' | 'High Memory' | 'HPC';

/** By the letters that a family begins with. `im4gn` and `is4gen` are standard ones, as all that begin with `i`. */
const CLASSES: readonly (readonly [letters: RegExp, Class])[] = [
  [/^inf$/, 'Inf'],
  [/^trn$/, 'Trn'],
  [/^dl$/, 'DL'],
  [/^hpc$/, 'HPC'],
  [/^u$/, 'High Memory'],
  [/^(g|gr|vt)$/, 'G and VT'],
  [/^f$/, 'F'],
  [/^p$/, 'P'],
  [/^x$/, 'X'],
  [/^[acdhimrtz][a-z]?$/, 'Standard'],
];

const ON_DEMAND: Readonly<Record<Class, string>> = {
  Standard: 'L-1216C47A',
  F: 'L-74FC7D96',
  'G and VT': 'L-DB2E81BA',
  P: 'L-417A185B',
  X: 'L-7295265B',
  Inf: 'L-1945791B',
  DL: 'L-6E869C2A',
  Trn: 'L-2C3B7624',
  'High Memory': 'L-43DA4232',
  HPC: 'L-F7808C92',
};

/** High Memory and HPC have no Spot instances. */
const SPOT: Readonly<Partial<Record<Class, string>>> = {
  Standard: 'L-34B43A08',
  F: 'L-88CF9481',
  'G and VT': 'L-3819A6DF',
  P: 'L-7212CCBC',
  X: 'L-E3A00192',
  Inf: 'L-B5D1601B',
  DL: 'L-85EED4F7',
  Trn: 'L-6B0D517C',
};

/** Undefined for a family that is not known here: nothing can be said of it. `type`: a type or a family. */
export const vcpuQuotaOf = (type: string, provisioning: 'EC2' | 'SPOT'): VcpuQuota | undefined => {
  const letters = /^[a-z]+/.exec(type)?.[0] ?? '';
  const found = CLASSES.find(([pattern]) => pattern.test(letters))?.[1];
  if (found === undefined) return undefined;
  if (provisioning === 'EC2') return { code: ON_DEMAND[found], name: `Running On-Demand ${found} instances` };
  const code = SPOT[found];
  return code === undefined ? undefined : { code, name: `All ${found} Spot Instance Requests` };
};
