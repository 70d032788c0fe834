/** A page to read the OpenAPI document with. Its script comes from the installed package: it works without a network. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Context } from 'hono';
import type { App } from '../../deps.ts';

const require = createRequire(import.meta.url);

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' } as const;

/** Links are relative, so that the page also works below a prefix that a reverse proxy strips. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Eyrie API</title>
    <link rel="icon" href="./docs/icon.svg" />
    <link rel="stylesheet" href="./docs/swagger-ui.css" />
  </head>
  <body>
    <div id="reference"></div>
    <script src="./docs/swagger-ui-bundle.js"></script>
    <script src="./docs/start.js"></script>
  </body>
</html>
`;

/** Browsers ask for one, and where none is named at the root of the host. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 1l7 14H1z" fill="#345"/></svg>
`;

/**
 * Without a validator: it would send the document's address to a service elsewhere. And without the examples of what may be left
 * out: "Try it out" fills them in, and would ask for a page of another list, by filters that nobody chose, under a key of
 * another request.
 */
const START = `const withoutExamples = (text) => {
  const document = JSON.parse(text);
  for (const path of Object.values(document.paths)) {
    for (const { parameters = [] } of Object.values(path)) {
      for (const { schema } of parameters.filter(({ required }) => !required)) delete schema.example;
    }
  }
  return JSON.stringify(document);
};

SwaggerUIBundle({
  url: './openapi.json',
  responseInterceptor: (response) => {
    if (/openapi\\.json$/.test(response.url) && response.ok) response.text = withoutExamples(response.text);
    return response;
  },
  dom_id: '#reference',
  deepLinking: true,
  validatorUrl: null,
});
`;

/** Whatever the page's libraries would like to load, it stays on this server. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

const answer = (c: Context, type: string, text: string): Response =>
  c.body(text, 200, { 'content-type': type, 'content-security-policy': CONTENT_SECURITY_POLICY });

export const registerDocs = (app: App): void => {
  app.get('/docs', (c) => answer(c, 'text/html; charset=utf-8', PAGE));
  app.get('/docs/icon.svg', (c) => answer(c, TYPES.svg, ICON));
  app.get('/docs/start.js', (c) => answer(c, TYPES.js, START));
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    const type = name.endsWith('.css') ? TYPES.css : TYPES.js;
    app.get(`/docs/${name}`, async (c) =>
      answer(c, type, await readFile(require.resolve(`swagger-ui-dist/${name}`), 'utf8')),
    );
  }
};
