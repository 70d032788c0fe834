/** Why Temporal does not answer. The SDK waits until its deadline and says no more than that. */
import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from '@temporalio/client';

export interface Reason {
  readonly detail: string;
  readonly todo: string;
}

const WITHIN_MS = 5_000;
/** Temporal's own default. */
const ADDRESS = 'localhost:7233';
/** What every HTTP/2 client says first, and an empty SETTINGS frame. */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);
const TLS_ALERT = 0x15;

const splitAddress = (address: string): { host: string; port: number } => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
};

/** Undefined where a connection comes about: then the reason is another one. */
export const whyNoConnection = async ({
  address = ADDRESS,
  tls,
}: Pick<ConnectionOptions, 'address' | 'tls'>): Promise<Reason | undefined> => {
  const { host, port } = splitAddress(address);
  const socket = tls ? openTls(host, port, tls === true ? {} : tls) : connectTcp({ host, port });
  socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(PREFACE));
  try {
    const first = await firstWords(socket);
    if (first === undefined) return closedAtOnce(address, Boolean(tls));
    return first[0] === TLS_ALERT ? WANTS_TLS : undefined;
  } catch (error) {
    return explain(error as OpenSslError, address);
  } finally {
    socket.destroy();
  }
};

/** Undefined where it closes without any: a client's certificate that it does not like, it refuses after the handshake. */
const firstWords = (socket: Socket): Promise<Buffer | undefined> =>
  new Promise((resolve, reject) => {
    socket
      .once('data', resolve)
      .once('error', reject)
      .once('close', () => resolve(undefined))
      .setTimeout(WITHIN_MS, () => reject(new Error(`nothing came within ${WITHIN_MS / 1000} seconds`)));
  });

type Tls = Exclude<ConnectionOptions['tls'], boolean | null | undefined>;

const openTls = (
  host: string,
  port: number,
  { serverNameOverride, serverRootCACertificate, clientCertPair }: Tls,
): Socket => {
  const name = serverNameOverride ?? host;
  return connectTls({
    host,
    port,
    servername: name,
    ALPNProtocols: ['h2'],
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  });
};

const WANTS_TLS: Reason = {
  detail: 'it speaks TLS, and was spoken to without',
  todo: 'set TEMPORAL_TLS=true, and TEMPORAL_TLS_SERVER_CA_CERT_PATH where its CA is none of the public ones',
};

const CLIENT_CERTIFICATE =
  'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH: a certificate of a CA that the server trusts';

const closedAtOnce = (address: string, isTls: boolean): Reason => ({
  detail: `${address} ends the connection without a word`,
  todo: isTls ? CLIENT_CERTIFICATE : WANTS_TLS.todo,
});

/** What OpenSSL adds to an error: the same without its own source lines. */
interface OpenSslError extends NodeJS.ErrnoException {
  readonly reason?: string;
}

const explain = ({ code = '', message, reason }: OpenSslError, address: string): Reason => {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { detail: message, todo: 'set TEMPORAL_TLS_SERVER_NAME to a name that its certificate is for' };
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_)/.test(code))
    return { detail: `its certificate: ${message}`, todo: 'name its CA in TEMPORAL_TLS_SERVER_CA_CERT_PATH' };
  if (reason?.includes('alert')) return { detail: `it refuses the client: ${reason}`, todo: CLIENT_CERTIFICATE };
  if (code.startsWith('ERR_SSL_'))
    return { detail: `it speaks no TLS: ${reason ?? message}`, todo: 'is the port right? Else set TEMPORAL_TLS=false' };
  return {
    detail: `${address}: ${message || code}`,
    todo: 'is the address right (temporal.address, TEMPORAL_ADDRESS), and the server up?',
  };
};
