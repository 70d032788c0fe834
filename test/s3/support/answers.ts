/** What a server wrote on a connection, taken apart strictly: where one answer ends, the next begins. */

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; repeated ones joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * @param isHead did the nth request ask for a head alone?
 * @throws Error for bytes that are no answers
 */
export const readAnswers = (text: string, isHead: (nth: number) => boolean = () => false): RawAnswer[] => {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`a head is cut: ${rest}`);
    const head = readHead(rest.slice(0, end));
    rest = rest.slice(end + 4);
    const hasBody = ![100, 204, 304].includes(head.status) && !isHead(answers.length);
    const read = hasBody ? readBody(head.headers, rest) : { body: '', rest };
    answers.push({ ...head, body: read.body });
    rest = read.rest;
  }
  return answers;
};

function readHead(text: string): Pick<RawAnswer, 'status' | 'headers'> {
  const [line = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(line)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(line.slice(0, 200))}`);
  const headers = new Map<string, string>();
  for (const field of lines) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(field) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(field)}`);
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers };
}

function readBody(headers: RawAnswer['headers'], text: string): { body: string; rest: string } {
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (coding !== undefined && length !== undefined) throw new Error('an answer with a length and a coding');
  if (coding !== undefined) return readChunks(text);
  if (length === undefined) return { body: text, rest: '' }; // up to the end of the connection
  if (!/^\d+$/.test(length) || text.length < Number(length)) throw new Error(`no length: ${length}`);
  return { body: text.slice(0, Number(length)), rest: text.slice(Number(length)) };
}

function readChunks(text: string): { body: string; rest: string } {
  let body = '';
  for (let rest = text; ; ) {
    const [line = '', digits = ''] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
    const end = line.length + Number.parseInt(digits, 16);
    if (rest.slice(end, end + 2) !== '\r\n') throw new Error(`no chunk: ${JSON.stringify(rest.slice(0, 100))}`);
    body += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
    if (end === line.length) return { body, rest };
  }
}
