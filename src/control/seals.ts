/**
 * Sealed secrets: one JWE (direct encryption, A256GCM) per access key. Its protected header binds it to whose it is and
 * to the key, so a seal that is moved, swapped or edited doesn't open; and tells which run made it, and when.
 *
 * A seal and its key come and go one after the other, so either can be met alone: a key without a seal is worth nothing
 * to anybody and goes; a seal without a key is waited for while IAM may not list the key yet, and then goes too.
 */
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { codeOf, fail } from '#domain/core/failures.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { environmentSealsPrefix, parseSealKey, sealKey, sealsPrefix } from './keys.ts';
import type { Objects } from './objects.ts';
import type { SealingKey } from './sealing-keys.ts';

export interface AccessKeySecret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A seal unopened. What it says of its run and time was not proved: good for finding it, not for trusting it. */
export interface SealInfo {
  readonly of: SubjectRef;
  readonly accessKeyId: string;
  /** Which run made the key; empty where it does not say. */
  readonly run: string;
  /** ISO time; the epoch where it does not say. */
  readonly sealedAt: string;
  /** Id of the sealing key that it says it was sealed with; null where it says none. */
  readonly sealingKey: string | null;
  /** That one is configured. */
  readonly opens: boolean;
}

export type Seals = ReturnType<typeof createSeals>;

const HEADER = { alg: 'dir', enc: 'A256GCM', typ: 'eyrie-seal' } as const;

const EPOCH = new Date(0).toISOString();

export const createSeals = (objects: Objects, sealingKeys: readonly SealingKey[], now: () => number) => {
  const seal = async (of: SubjectRef, { accessKeyId, secretAccessKey }: AccessKeySecret, run: string) => {
    const [first] = sealingKeys;
    if (!first) throw fail('Invalid', 'no sealing key is configured');
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ accessKeyId, secretAccessKey })))
      .setProtectedHeader({
        ...HEADER,
        kid: first.id,
        kind: of.kind,
        subject: subjectId(of),
        accessKeyId,
        run,
        sealedAt: new Date(now()).toISOString(),
      })
      .encrypt(first.key);
  };

  /** No cause goes along: what a decoder says may quote what it decoded. */
  const refused = (of: SubjectRef, why: string) =>
    fail(
      'SealUnreadable',
      `the sealed key of ${subjectId(of)} can't be opened: ${why}; an operator has to mend that, \`eyrie doctor\` tells more`,
    );

  const unseal = async (of: SubjectRef, wanted: string, jwe: string): Promise<AccessKeySecret> => {
    const kid = kidOf(jwe);
    const key = sealingKeys.find(({ id }) => id === kid)?.key;
    if (!key) throw refused(of, kid === null ? 'it is no seal' : `sealing key ${kid} is not configured`);
    const opened = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [HEADER.alg],
      contentEncryptionAlgorithms: [HEADER.enc],
    }).catch(() => undefined);
    if (!opened) throw refused(of, 'its content was altered');
    const { accessKeyId, secretAccessKey } = JSON.parse(new TextDecoder().decode(opened.plaintext)) as AccessKeySecret;
    const { kind, subject, accessKeyId: bound } = opened.protectedHeader;
    if (kind !== of.kind || subject !== subjectId(of) || bound !== wanted || accessKeyId !== wanted) {
      throw refused(of, 'it belongs to another holder or key');
    }
    return { accessKeyId, secretAccessKey };
  };

  /** Undefined where there is none. @throws SealUnreadable where it was changed or its sealing key is not configured. */
  const open = async (of: SubjectRef, accessKeyId: string): Promise<AccessKeySecret | undefined> => {
    const stored = await objects.read(sealKey(of, accessKeyId));
    return stored && unseal(of, accessKeyId, stored.body);
  };

  const info = async (of: SubjectRef, accessKeyId: string): Promise<SealInfo | undefined> => {
    const stored = await objects.read(sealKey(of, accessKeyId));
    if (!stored) return undefined;
    const { run, sealedAt } = headerOf(stored.body) ?? {};
    const sealingKey = kidOf(stored.body);
    const opens = sealingKeys.some(({ id }) => id === sealingKey);
    return { of, accessKeyId, run: textOr(run, ''), sealedAt: textOr(sealedAt, EPOCH), sealingKey, opens };
  };

  const list = async (holder: SubjectRef): Promise<SealInfo[]> => {
    const found: SealInfo[] = [];
    for (const key of await objects.listAll(sealsPrefix(holder))) {
      const parsed = parseSealKey(key);
      const seal = parsed && (await info(parsed.of, parsed.accessKeyId));
      if (seal) found.push(seal);
    }
    return found;
  };

  return {
    /** Without opening it; undefined where the key is not sealed. */
    info,

    /**
     * Seals the secret of a key that `run` made. AWS gives no key id twice, so nobody else can have sealed this key.
     * @throws WriteConflict where it is sealed already.
     */
    async put(of: SubjectRef, secret: AccessKeySecret, run: string): Promise<void> {
      await objects.create(sealKey(of, secret.accessKeyId), await seal(of, secret, run));
    },

    open,

    /** Whether its secret can be had: one that doesn't open is worth as much as none. */
    async canOpen(of: SubjectRef, accessKeyId: string): Promise<boolean> {
      try {
        return (await open(of, accessKeyId)) !== undefined;
      } catch (error) {
        if (codeOf(error) === 'SealUnreadable') return false;
        throw error;
      }
    },

    /** Absent is success. */
    async destroy(of: SubjectRef, accessKeyId: string): Promise<void> {
      await objects.remove(sealKey(of, accessKeyId));
    },

    /** The seals of one holder. */
    list,

    /** Which keys of an environment are sealed, and whose they are. Reads no seal. */
    async listAll(environment: string): Promise<Pick<SealInfo, 'of' | 'accessKeyId'>[]> {
      const keys = await objects.listAll(environmentSealsPrefix(environment));
      return keys.flatMap((key) => parseSealKey(key) ?? []);
    },
  };
};

const headerOf = (
  jwe: string,
): { readonly kid?: unknown; readonly run?: unknown; readonly sealedAt?: unknown } | undefined => {
  try {
    return decodeProtectedHeader(jwe);
  } catch {
    return undefined;
  }
};

const kidOf = (jwe: string): string | null => {
  const kid = headerOf(jwe)?.kid;
  return typeof kid === 'string' ? kid : null;
};

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
