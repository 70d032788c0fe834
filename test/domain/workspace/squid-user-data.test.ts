import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALLOWED_DOMAINS, PYTHON_INDEX } from '#domain/workspace/squid-domains.ts';
import { SQUID_READY_MARKER, squidImageFamily, squidUserData } from '#domain/workspace/squid-user-data.ts';

const golden = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const vpcCidr = '192.168.0.0/16';

const domainsOf = (script: string) =>
  /allowed-domains\.txt <<'EYRIE'\n([\s\S]*?)\nEYRIE/.exec(script)?.[1]?.split('\n');

describe.each(['AL2', 'AL2023'] as const)('squid on %s', (family) => {
  const script = squidUserData({ family, vpcCidr });

  test('is set up by these bytes', () => {
    expect(script).toBe(golden(`squid-user-data-${family}.sh`).replace('@python-index@', PYTHON_INDEX));
  });

  test('is valid shell, and so is the script that it writes for each boot', () => {
    const inner = /eyrie-squid <<'EYRIE'\n([\s\S]*?)\nEYRIE/.exec(script)?.[1] ?? 'missing (';
    for (const text of [script, inner]) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
    expect(spawnSync('bash', ['-n'], { input: `${script}\nif` }).status).not.toBe(0);
  });

  test('fetches no code: only packages of the image come in', () => {
    expect(script).not.toMatch(/git |docker (run|pull)|\| *(ba)?sh|:latest/);
  });

  test('redirects web traffic to squid and refuses all else', () => {
    expect(script).toContain(`-s ${vpcCidr} ! -d ${vpcCidr} -p tcp --dport 80 -j REDIRECT --to-ports 3129`);
    expect(script).toContain(`-s ${vpcCidr} ! -d ${vpcCidr} -p tcp --dport 443 -j REDIRECT --to-ports 3130`);
    expect(script).toContain(`iptables -A FORWARD -s ${vpcCidr} ! -d ${vpcCidr} -j REJECT`);
    expect(script).not.toContain('MASQUERADE');
  });

  test('says so on the console once the proxy answers', () => {
    expect(script).toContain(`echo '${SQUID_READY_MARKER}' > /dev/console`);
  });

  test('fits into EC2 user data', () => {
    expect(Buffer.byteLength(script)).toBeLessThan(16_384);
  });
});

test('no listed domain covers another one: squid would not start', () => {
  const domains = domainsOf(squidUserData({ family: 'AL2023', vpcCidr })) ?? [];
  expect(domains).toHaveLength(ALLOWED_DOMAINS.length);
  expect(domains).toContain('.amazonaws.com');
  expect(domains).toContain('.github.com');
});

test('more domains join the list, and what is covered falls out', () => {
  const moreDomains = ['data.example.org', '.example.org', 's3.amazonaws.com', '.example.org'];
  const domains = domainsOf(squidUserData({ family: 'AL2023', vpcCidr, moreDomains })) ?? [];
  expect(domains).toHaveLength(ALLOWED_DOMAINS.length + 1);
  expect(domains).toContain('.example.org');
});

test.each([
  ['name:amzn2-ami-ecs-hvm-2.0.*', 'AL2'],
  ['ssm:/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2', 'AL2'],
  ['ssm:/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id', 'AL2'],
  ['ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64', 'AL2023'],
  ['ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id', 'AL2023'],
])('%s is %s', (image, family) => {
  expect(squidImageFamily(image)).toBe(family);
});
