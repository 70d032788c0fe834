/** The units: systemd understands them, and what they run is what is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from './buildah.ts';

/** Of ten; half of what is left of it is that the services use a network. */
const EXPOSURE_MAX = 1.7;

const UNITS = ['api', 'worker'] as const;

/** A unit of a checkout that is not at /opt/eyrie. */
const unit = (part: string, change = (text: string): string => text): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-units-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const text = readFileSync(join(ROOT, `deploy/systemd/eyrie-${part}.service`), 'utf8');
  const file = join(folder, `eyrie-${part}.service`);
  writeFileSync(file, change(text.replaceAll('/opt/eyrie/', ROOT)));
  return file;
};

const analyze = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

test.each(UNITS)('systemd takes the unit of the %s', (part) => {
  expect(analyze('verify', unit(part))).toEqual({ status: 0, said: '' });
  // Controls: a directive that does not exist, and a program that is not there.
  const misspelt = (text: string) => text.replace('ProtectHome=', 'ProtectHomes=');
  expect(analyze('verify', unit(part, misspelt)).said).toContain('ProtectHomes');
  const elsewhere = (text: string) => text.replace('/bin/eyrie', '/bin/egret');
  expect(analyze('verify', unit(part, elsewhere)).status).not.toBe(0);
});

test.each(UNITS)('the %s may do little', (part) => {
  const exposure = (file: string): number => {
    const { said } = analyze('security', '--offline=true', '--no-pager', file);
    return Number(/Overall exposure level for .*: ([\d.]+)/.exec(said)?.[1]);
  };
  expect(exposure(unit(part))).toBeLessThanOrEqual(EXPOSURE_MAX);
  // Control: without one of its lines it is more exposed.
  expect(exposure(unit(part, (text) => text.replace('DynamicUser=yes\n', '')))).toBeGreaterThan(EXPOSURE_MAX);
});

test.each(UNITS)('the %s has its configuration from a credential, and stays down where it is unusable', (part) => {
  const text = readFileSync(unit(part), 'utf8');
  const [, start = ''] = /^ExecStart=(.*)$/m.exec(text) ?? [];
  expect(text).toContain('LoadCredential=eyrie.yaml:/etc/eyrie/eyrie.yaml\n');
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'eyrie.yaml'), 'environment: localhost\nmisspelt: 1\n');
  const { status, stderr } = spawnSync('sh', ['-c', start.replaceAll('%d', folder)], { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('misspelt: no such option') });
  expect(text).toContain(`RestartPreventExitStatus=${status}\n`);
});
