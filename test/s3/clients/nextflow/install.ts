/** Nextflow as Maven Central has it: the core, and no plugins. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const JARS = fileURLToPath(new URL('../../../../.eyrie/nextflow/dependency', import.meta.url));

/** What `java` is called with to be `nextflow`. */
const NEXTFLOW = ['-XX:TieredStopAtLevel=1', '-cp', `${JARS}/*`, 'nextflow.cli.Launcher'] as const;

export interface Nextflow {
  /** Folder with `nextflow`. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Plugins come from a registry of Nextflow's own. This one is there, and empty: a configuration only names it.
 * @param plugin as `<id>@<version>`; of Nextflow's own the version that it asks for
 */
export const installNextflow = (folder: string, plugin: `${string}@${string}`): Nextflow => {
  const [id, version] = plugin.split('@');
  const meta = join(folder, 'plugins', `${id}-${version}`, 'classes/META-INF');
  mkdirSync(meta, { recursive: true });
  const manifest = ['Manifest-Version: 1.0', `Plugin-Id: ${id}`, `Plugin-Version: ${version}`, ''];
  writeFileSync(join(meta, 'MANIFEST.MF'), manifest.join('\n'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const call = ['java', ...NEXTFLOW].map((word) => `'${word}'`).join(' ');
  writeFileSync(join(bin, 'nextflow'), `#!/bin/sh\nexec ${call} "$@"\n`, { mode: 0o755 });
  return {
    bin,
    env: {
      LC_ALL: 'C.UTF-8',
      NXF_HOME: folder,
      NXF_PLUGINS_DEFAULT: plugin,
      NXF_OFFLINE: 'true',
      NXF_ANSI_LOG: 'false',
    },
  };
};
