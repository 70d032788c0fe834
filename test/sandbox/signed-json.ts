/** Calls of services with JSON over one path whose SDK clients the project does not have. */
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../sandbox/signature/sha256.ts';
import type { SandboxAccount } from '../support/sandbox.ts';

type Json = Record<string, unknown>;

/** A call by operation. @throws Error named by AWS's code */
export const signedJson =
  ({ endpoint, region, credentials }: SandboxAccount['client'], service: string, targetPrefix: string) =>
  async (operation: string, input: Json = {}): Promise<Json> => {
    const { host } = new URL(endpoint);
    const headers = {
      host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${targetPrefix}.${operation}`,
    };
    const body = JSON.stringify(input);
    const unsigned = new HttpRequest({ method: 'POST', path: '/', headers, hostname: host, body });
    const signed = await new SignatureV4({ credentials, region, service, sha256: Sha256 }).sign(unsigned);
    const answer = await fetch(endpoint, { method: 'POST', headers: signed.headers, body });
    const result = (await answer.json()) as Json;
    if (answer.ok) return result;
    throw Object.assign(new Error(String(result.message)), { name: String(result.__type) });
  };
