/** The head of a signed request, as text that can be sent over and over for a quarter of an hour. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';

export interface BenchRequest {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly bodyBytes: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const signS3 = async ({ port, method, path, bodyBytes, credentials }: BenchRequest): Promise<string> => {
  const signer = new SignatureV4({
    service: 's3',
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const host = `127.0.0.1:${port}`;
  const headers = {
    host,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'user-agent': 'aws-sdk-java/2.54.13 md/io#sync md/http#Apache ua/2.1 os/Linux lang/java#21',
    'amz-sdk-invocation-id': '00000000-0000-4000-8000-000000000000',
    'amz-sdk-request': 'attempt=1; max=4',
    ...(bodyBytes > 0 && { 'content-length': String(bodyBytes), 'content-type': 'application/octet-stream' }),
  };
  const signed = await signer.sign(new HttpRequest({ method, hostname: host, path, headers }));
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
};
