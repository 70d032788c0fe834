/** IPv4 ranges. */

const SUBNET_PREFIX_MAX = 28;

interface Range {
  readonly base: number;
  readonly prefix: number;
}

/** Undefined where the text is no range, or one with host bits set. */
const parseCidr = (text: string): Range | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [, ...numbers] = match;
  const [a = 256, b = 256, c = 256, d = 256, prefix = 33] = numbers.map(Number);
  if ([a, b, c, d].some((byte) => byte > 255) || prefix > 32) return undefined;
  const base = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined;
};

/** Is it a range that a VPC may have and whose quarters may be subnets? */
export const isVpcCidr = (text: string): boolean => {
  const range = parseCidr(text);
  return range !== undefined && range.prefix >= 16 && range.prefix + 2 <= SUBNET_PREFIX_MAX;
};

/** The equal parts of a range, `bits` longer in prefix each. Empty where the text is no range. */
export const splitCidr = (text: string, bits: number): string[] => {
  const range = parseCidr(text);
  if (!range) return [];
  const prefix = range.prefix + bits;
  return Array.from({ length: 2 ** bits }, (_, index) => {
    const base = range.base + index * 2 ** (32 - prefix);
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
    return `${bytes.join('.')}/${prefix}`;
  });
};
