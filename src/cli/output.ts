/** What goes to standard output, for a person or for a program. */

/** One line of JSON. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

export const print = (line: string): void => {
  process.stdout.write(`${harmless(line)}\n`);
};

/** Notes beside the result: progress, hints, problems. */
export const note = (line: string): void => {
  process.stderr.write(`${harmless(line)}\n`);
};

/** Names and messages come from elsewhere: without what would steer a terminal. */
export const harmless = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '');

/** Columns with two spaces between them. */
export const renderTable = (rows: readonly (readonly string[])[]): string => {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, at) => Math.max(all[at] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
