/**
 * What a first boot leaves on the console. The sandbox runs no script: it takes from the user data the lines that the
 * script says it would write there.
 */

const CONSOLE_ECHO =
  /\becho\s+(?:-[neE]+\s+)?(?:"([^"]*)"|'([^']*)'|([^'"|;>&]+?))\s*(?:\|\s*(?:sudo\s+)?tee\s+(?:-a\s+)?|[12&]?>{1,2}\s*)\/dev\/console/g;
const LOGGER =
  /\blogger\s+(?:-[a-z]+\s+(?:[\w.]+\s+)?)*-s\s+(?:-[a-z]+\s+[\w.-]+\s+)*(?:"([^"]*)"|'([^']*)'|([^'"|;>&\n]+))/g;

/** A way that a script takes only when something failed: a trap, or what stands behind `||`. */
const isFailurePath = (line: string, at: number): boolean =>
  /^\s*(trap|#)\b/.test(line) || line.trimStart().startsWith('#') || line.slice(0, at).includes('||');

const linesOf = (script: string): string[] =>
  script
    .split(/\r?\n/)
    .flatMap((line) =>
      [...line.matchAll(CONSOLE_ECHO), ...line.matchAll(LOGGER)]
        .filter((match) => !isFailurePath(line, match.index))
        .map((match) => (match[1] ?? match[2] ?? match[3] ?? '').trim()),
    );

/** The console after the user data has run. @param userData as the API takes it, base64. */
export const renderConsole = (userData: string): string =>
  [
    '[    0.000000] Linux version 6.1.0 (sandbox)',
    'cloud-init[1201]: Cloud-init v. 22.2.2 running',
    ...linesOf(Buffer.from(userData, 'base64').toString('utf8')),
    'cloud-init[1201]: Cloud-init v. 22.2.2 finished. Datasource DataSourceEc2.  Up 42.00 seconds',
    '',
  ].join('\r\n');
