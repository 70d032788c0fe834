/**
 * Cleans up after an `eyrie dev` that was killed: a shell in a session of its own that waits until the pipe from it breaks.
 * No signal to `eyrie dev`, and no Ctrl-C of its terminal, reaches it.
 */
import { spawn } from 'node:child_process';

/** `$1` the folder, `$2` the file that tells where this `eyrie dev` is, `$3` its pid: the file may be a later one's. */
const SCRIPT = `trap '' INT TERM HUP
cat > /dev/null
rm -rf -- "$1"
if grep -q "\\"pid\\":$3," "$2" 2> /dev/null; then rm -f -- "$2"; fi`;

/** Called before the folder is there, so that there is no moment at which it would be left. */
export const hireJanitor = (folder: string, stateFile: string): void => {
  const args = ['-c', SCRIPT, 'janitor', folder, stateFile, String(process.pid)];
  const shell = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Without one, `eyrie dev` cleans up by itself, unless it is killed.
  shell.on('error', () => undefined);
  shell.stdin?.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
};
