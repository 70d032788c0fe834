/**
 * The servers of the internet: `node origins.ts KEY CERTIFICATE ADDRESS…`, on ports 80, 443 and 8443 of each address. An
 * answer tells who was asked, in which way, for which name.
 */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const [key = '', cert = '', ...addresses] = process.argv.slice(2);
const pair = { key: readFileSync(key), cert: readFileSync(cert) };

const tell =
  (scheme: string, address: string): RequestListener =>
  (request, response) =>
    response.end(`${scheme} ${address} ${request.headers.host ?? ''}\n`);

const ready = addresses.flatMap((address) => [
  new Promise((resolve) => createServer(tell('http', address)).listen(80, address, () => resolve(undefined))),
  ...[443, 8443].map(
    (port) =>
      new Promise((resolve) =>
        createTlsServer(pair, tell('https', address)).listen(port, address, () => resolve(undefined)),
      ),
  ),
]);
await Promise.all(ready);
process.stdout.write('ready\n');
