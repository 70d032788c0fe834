/** The processes that a test started, with all that those started: told by a mark in their environment (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

const MARK = 'TEST_PROCESS_TREE';

/** For the environment of the first of them. A process hands it on to what it starts. */
export const markOf = (id: string): Record<string, string> => ({ [MARK]: id });

/** Pids with their command lines; zombies are none. */
export const processesOf = (id: string): { readonly pid: number; readonly command: string }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        if (!environment.split('\0').includes(`${MARK}=${id}`)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(name), command }];
      } catch {
        return []; // it has ended, or is somebody else's
      }
    });
