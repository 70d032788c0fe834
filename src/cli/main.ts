/** The command line. */
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

// Who reads no further (`| head`) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

const code = await run(process.argv.slice(2));
// A root that ran as a child has set its own.
if (code !== EXIT.ok) process.exitCode = code;
