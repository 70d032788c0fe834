/**
 * The checksums that S3 knows, fed piece by piece. CRC32 comes from zlib and the hashes from OpenSSL; the other two CRCs
 * are table-driven, eight bytes a step.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface Checksum {
  update(chunk: Buffer): void;
  /** Base64, as in `x-amz-checksum-*`. */
  digest(): string;
}

/** Length of the Base64 text by algorithm: also of those that are passed on without being computed. */
export const CHECKSUM_CHARS: Readonly<Record<string, number>> = {
  crc32: 8,
  crc32c: 8,
  crc64nvme: 12,
  md5: 24,
  sha1: 28,
  sha256: 44,
  sha512: 88,
  xxhash3: 12,
  xxhash64: 12,
  xxhash128: 24,
};

/** @param algorithm whatever a client named */
export const isAlgorithm = (algorithm: string): boolean => Object.hasOwn(CHECKSUM_CHARS, algorithm);

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Is this the Base64 text of a checksum of that algorithm, written in the one way in which it can be? */
export const isChecksum = (algorithm: string, text: string): boolean =>
  isAlgorithm(algorithm) &&
  text.length === CHECKSUM_CHARS[algorithm] &&
  BASE64.test(text) &&
  Buffer.from(text, 'base64').toString('base64') === text;

const HASHES = new Set(['md5', 'sha1', 'sha256', 'sha512']);

/** @param algorithm as it stands in a header name. @returns undefined for one that can't be computed here. */
export const createChecksum = (algorithm: string): Checksum | undefined => {
  if (algorithm === 'crc32') return createCrc32();
  if (algorithm === 'crc32c') return createCrc32c();
  if (algorithm === 'crc64nvme') return createCrc64();
  if (!HASHES.has(algorithm)) return undefined;
  const hash = createHash(algorithm);
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('base64') };
};

function createCrc32(): Checksum {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: () => fourBytes(value),
  };
}

const fourBytes = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
};

/** Castagnoli, reflected. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
let crc32cTables: Int32Array | undefined;

/** Table `k` holds what a byte does to the checksum with `k` more bytes behind it. */
function tablesOfCrc32c(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ CRC32C_POLYNOMIAL : c >>> 1;
    tables[n] = c;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 255] as number);
  }
  return tables;
}

function createCrc32c(): Checksum {
  crc32cTables ??= tablesOfCrc32c();
  const t = crc32cTables;
  let crc = -1;
  return {
    update(b) {
      let i = 0;
      const end = b.length - 7;
      for (; i < end; i += 8) {
        const low = crc ^ b.readInt32LE(i);
        crc =
          (t[1792 + (low & 255)] as number) ^
          (t[1536 + ((low >>> 8) & 255)] as number) ^
          (t[1280 + ((low >>> 16) & 255)] as number) ^
          (t[1024 + (low >>> 24)] as number) ^
          (t[768 + (b[i + 4] as number)] as number) ^
          (t[512 + (b[i + 5] as number)] as number) ^
          (t[256 + (b[i + 6] as number)] as number) ^
          (t[b[i + 7] as number] as number);
      }
      for (; i < b.length; i++) crc = (crc >>> 8) ^ (t[(crc ^ (b[i] as number)) & 255] as number);
    },
    digest: () => fourBytes(~crc),
  };
}

/** NVMe's polynomial 0xad93d23594c93659, reflected, in two halves. */
const CRC64_HIGH = 0x9a6c9329;
const CRC64_LOW = 0xac4bc9b5 | 0;
interface Crc64Tables {
  readonly high: Int32Array;
  readonly low: Int32Array;
}
let crc64Tables: Crc64Tables | undefined;

function tablesOfCrc64(): Crc64Tables {
  const high = new Int32Array(8 * 256);
  const low = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let h = 0;
    let l = n;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        h ^= CRC64_HIGH;
        l ^= CRC64_LOW;
      }
    }
    high[n] = h;
    low[n] = l;
  }
  for (let i = 256; i < high.length; i++) {
    const h = high[i - 256] as number;
    const l = low[i - 256] as number;
    low[i] = ((l >>> 8) | (h << 24)) ^ (low[l & 255] as number);
    high[i] = (h >>> 8) ^ (high[l & 255] as number);
  }
  return { high, low };
}

function createCrc64(): Checksum {
  crc64Tables ??= tablesOfCrc64();
  const { high: th, low: tl } = crc64Tables;
  let h = -1;
  let l = -1;
  return {
    update(b) {
      let i = 0;
      const end = b.length - 7;
      for (; i < end; i += 8) {
        const x = l ^ b.readInt32LE(i);
        const y = h ^ b.readInt32LE(i + 4);
        const i0 = 1792 + (x & 255);
        const i1 = 1536 + ((x >>> 8) & 255);
        const i2 = 1280 + ((x >>> 16) & 255);
        const i3 = 1024 + (x >>> 24);
        const i4 = 768 + (y & 255);
        const i5 = 512 + ((y >>> 8) & 255);
        const i6 = 256 + ((y >>> 16) & 255);
        const i7 = y >>> 24;
        l = at(tl, i0) ^ at(tl, i1) ^ at(tl, i2) ^ at(tl, i3) ^ at(tl, i4) ^ at(tl, i5) ^ at(tl, i6) ^ at(tl, i7);
        h = at(th, i0) ^ at(th, i1) ^ at(th, i2) ^ at(th, i3) ^ at(th, i4) ^ at(th, i5) ^ at(th, i6) ^ at(th, i7);
      }
      for (; i < b.length; i++) {
        const n = (l ^ (b[i] as number)) & 255;
        l = ((l >>> 8) | (h << 24)) ^ at(tl, n);
        h = (h >>> 8) ^ at(th, n);
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(~h, 0);
      bytes.writeInt32BE(~l, 4);
      return bytes.toString('base64');
    },
  };
}

const at = (table: Int32Array, index: number): number => table[index] as number;
