/**
 * Sealed secrets: one JWE (direct encryption, A256GCM) per launch. Its protected header binds it to the workspace, the
 * launch and the access key, so a seal that is moved, swapped or edited doesn't open.
 */
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { fail } from '#domain/failures.ts';
import { workspaceId } from '#domain/ids.ts';
import { parseSealKey, sealKey, sealsPrefix, type WorkspaceIds } from './keys.ts';
import type { Objects } from './objects.ts';
import type { SealingKey } from './sealing-keys.ts';

export interface AccessKeySecret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A seal unopened. */
export interface SealInfo {
  readonly ids: WorkspaceIds;
  readonly launchId: string;
  readonly accessKeyId: string;
  readonly etag: string;
}

export type Seals = ReturnType<typeof createSeals>;

const HEADER = { alg: 'dir', enc: 'A256GCM', typ: 'eyrie-seal' } as const;

export const createSeals = (objects: Objects, sealingKeys: readonly SealingKey[]) => {
  const seal = async (ids: WorkspaceIds, launchId: string, secret: AccessKeySecret): Promise<string> => {
    const [first] = sealingKeys;
    if (!first) throw fail('Invalid', 'no sealing key is configured');
    const { accessKeyId, secretAccessKey } = secret;
    return new CompactEncrypt(new TextEncoder().encode(JSON.stringify({ accessKeyId, secretAccessKey })))
      .setProtectedHeader({
        ...HEADER,
        kid: first.id,
        workspace: workspaceId(ids.environment, ids.escapedUser),
        launch: launchId,
        accessKeyId,
      })
      .encrypt(first.key);
  };

  /** No cause goes along: what a decoder says may quote what it decoded. */
  const refused = (ids: WorkspaceIds, why: string) =>
    fail('Invalid', `the sealed key of ${workspaceId(ids.environment, ids.escapedUser)} can't be opened: ${why}`);

  const unseal = async (ids: WorkspaceIds, launchId: string, jwe: string): Promise<AccessKeySecret> => {
    const kid = headerOf(jwe)?.kid;
    const key = sealingKeys.find(({ id }) => id === kid)?.key;
    if (!key) throw refused(ids, 'its sealing key is not configured');
    const opened = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [HEADER.alg],
      contentEncryptionAlgorithms: [HEADER.enc],
    }).catch(() => undefined);
    if (!opened) throw refused(ids, 'it was changed');
    const { accessKeyId, secretAccessKey } = JSON.parse(new TextDecoder().decode(opened.plaintext)) as AccessKeySecret;
    const bound = opened.protectedHeader;
    if (
      bound.workspace !== workspaceId(ids.environment, ids.escapedUser) ||
      bound.launch !== launchId ||
      bound.accessKeyId !== accessKeyId
    ) {
      throw refused(ids, 'it belongs to another workspace, launch or key');
    }
    return { accessKeyId, secretAccessKey };
  };

  const info = async (ids: WorkspaceIds, launchId: string): Promise<SealInfo | undefined> => {
    const stored = await objects.read(sealKey(ids, launchId));
    if (!stored) return undefined;
    const accessKeyId = headerOf(stored.body)?.accessKeyId;
    return { ids, launchId, accessKeyId: typeof accessKeyId === 'string' ? accessKeyId : '', etag: stored.etag };
  };

  return {
    /** Which key a launch has sealed, without opening it. */
    info,

    /**
     * Seals the key of a launch. `replaces`: ETag of a seal that was found and is no good any more; without it there
     * must be none. @throws WriteConflict where another try of the launch was faster.
     */
    async put(ids: WorkspaceIds, launchId: string, secret: AccessKeySecret & { replaces?: string }): Promise<void> {
      const jwe = await seal(ids, launchId, secret);
      const key = sealKey(ids, launchId);
      if (secret.replaces === undefined) await objects.create(key, jwe);
      else await objects.replace(key, jwe, secret.replaces);
    },

    /** Undefined where there is none. @throws Invalid where it was changed or its sealing key is not configured. */
    async open(ids: WorkspaceIds, launchId: string): Promise<AccessKeySecret | undefined> {
      const stored = await objects.read(sealKey(ids, launchId));
      return stored && unseal(ids, launchId, stored.body);
    },

    async destroy(ids: WorkspaceIds, launchId: string): Promise<void> {
      await objects.remove(sealKey(ids, launchId));
    },

    /** The seals of a workspace, or of all of an environment: others' are not for this one to read. */
    async list(ids: WorkspaceIds | Pick<WorkspaceIds, 'environment'>): Promise<SealInfo[]> {
      const keys = await objects.listAll(sealsPrefix(ids));
      const found: SealInfo[] = [];
      for (const key of keys) {
        const parsed = parseSealKey(key);
        const seal = parsed && (await info(parsed.ids, parsed.launchId));
        if (seal) found.push(seal);
      }
      return found;
    },
  };
};

const headerOf = (jwe: string): { kid?: unknown; accessKeyId?: unknown } | undefined => {
  try {
    return decodeProtectedHeader(jwe);
  } catch {
    return undefined;
  }
};
