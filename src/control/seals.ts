/**
 * Sealed secrets: one JWE (direct encryption, A256GCM) per launch. Its protected header binds it to the workspace, the
 * launch and the access key, so a seal that is moved, swapped or edited doesn't open.
 */
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { fail } from '#domain/failures.ts';
import { environmentSealsPrefix, parseSealKey, sealKey, sealsPrefix } from './keys.ts';
import type { Objects } from './objects.ts';
import type { SealingKey } from './sealing-keys.ts';

export interface AccessKeySecret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A seal unopened. */
export interface SealInfo {
  readonly of: SubjectRef;
  readonly launchId: string;
  readonly accessKeyId: string;
  readonly etag: string;
}

export type Seals = ReturnType<typeof createSeals>;

const HEADER = { alg: 'dir', enc: 'A256GCM', typ: 'eyrie-seal' } as const;

export const createSeals = (objects: Objects, sealingKeys: readonly SealingKey[]) => {
  const seal = async (of: SubjectRef, launchId: string, secret: AccessKeySecret): Promise<string> => {
    const [first] = sealingKeys;
    if (!first) throw fail('Invalid', 'no sealing key is configured');
    const { accessKeyId, secretAccessKey } = secret;
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ accessKeyId, secretAccessKey })))
      .setProtectedHeader({
        ...HEADER,
        kid: first.id,
        workspace: subjectId(of),
        launch: launchId,
        accessKeyId,
      })
      .encrypt(first.key);
  };

  /** No cause goes along: what a decoder says may quote what it decoded. */
  const refused = (of: SubjectRef, why: string) =>
    fail('Invalid', `the sealed key of ${subjectId(of)} can't be opened: ${why}`);

  const unseal = async (of: SubjectRef, launchId: string, jwe: string): Promise<AccessKeySecret> => {
    const kid = headerOf(jwe)?.kid;
    const key = sealingKeys.find(({ id }) => id === kid)?.key;
    if (!key) throw refused(of, 'its sealing key is not configured');
    const opened = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [HEADER.alg],
      contentEncryptionAlgorithms: [HEADER.enc],
    }).catch(() => undefined);
    if (!opened) throw refused(of, 'its content was altered');
    const { accessKeyId, secretAccessKey } = JSON.parse(new TextDecoder().decode(opened.plaintext)) as AccessKeySecret;
    const bound = opened.protectedHeader;
    if (bound.workspace !== subjectId(of) || bound.launch !== launchId || bound.accessKeyId !== accessKeyId) {
      throw refused(of, 'it belongs to another workspace, launch or key');
    }
    return { accessKeyId, secretAccessKey };
  };

  const info = async (of: SubjectRef, launchId: string): Promise<SealInfo | undefined> => {
    const stored = await objects.read(sealKey(of, launchId));
    if (!stored) return undefined;
    const accessKeyId = headerOf(stored.body)?.accessKeyId;
    return { of, launchId, accessKeyId: typeof accessKeyId === 'string' ? accessKeyId : '', etag: stored.etag };
  };

  const listUnder = async (prefix: string): Promise<SealInfo[]> => {
    const found: SealInfo[] = [];
    for (const key of await objects.listAll(prefix)) {
      const parsed = parseSealKey(key);
      const seal = parsed && (await info(parsed.of, parsed.launchId));
      if (seal) found.push(seal);
    }
    return found;
  };

  return {
    /** Which key a launch has sealed, without opening it. */
    info,

    /**
     * Seals the key of a launch. `replaces`: ETag of a seal that was found and is no good any more; without it there
     * must be none. @throws WriteConflict where another try of the launch was faster.
     */
    async put(of: SubjectRef, launchId: string, secret: AccessKeySecret & { replaces?: string }): Promise<void> {
      const jwe = await seal(of, launchId, secret);
      const key = sealKey(of, launchId);
      if (secret.replaces === undefined) await objects.create(key, jwe);
      else await objects.replace(key, jwe, secret.replaces);
    },

    /** Undefined where there is none. @throws Invalid where it was changed or its sealing key is not configured. */
    async open(of: SubjectRef, launchId: string): Promise<AccessKeySecret | undefined> {
      const stored = await objects.read(sealKey(of, launchId));
      return stored && unseal(of, launchId, stored.body);
    },

    async destroy(of: SubjectRef, launchId: string): Promise<void> {
      await objects.remove(sealKey(of, launchId));
    },

    /** The seals of one holder. */
    list: (of: SubjectRef): Promise<SealInfo[]> => listUnder(sealsPrefix(of)),

    /** The seals of all of an environment: other environments' are not for this one to read. */
    listAll: (environment: string): Promise<SealInfo[]> => listUnder(environmentSealsPrefix(environment)),
  };
};

const headerOf = (jwe: string): { kid?: unknown; accessKeyId?: unknown } | undefined => {
  try {
    return decodeProtectedHeader(jwe);
  } catch {
    return undefined;
  }
};
