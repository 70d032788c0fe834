/** What the schema accepts can be planned, and keeps to what AWS takes; what it refuses names its option. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseComputeBody } from '#config/compute/parse.ts';
import type { ComputeInput } from '#domain/compute/input.ts';
import { NAME_PREFIX_MAX } from '#domain/compute/names.ts';
import { renderComputeNextflowConfig } from '#domain/compute/nextflow-config.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { poolsOf } from '#domain/compute/pools.ts';
import { RULES } from '#domain/compute/rules.ts';
import { USER_DATA_BYTES_MAX } from '#domain/compute/user-data.ts';
import type { RoleSpec } from '#domain/resources/identity.ts';
import { aCompute } from '../compute-input.ts';
import { bodies, withoutProblems } from './options.ts';

const seed = Date.now() % 1_000_000;
const RUNS = { seed, numRuns: 300 };

const problemsOf = (body: unknown) => {
  const parsed = parseComputeBody(body);
  return parsed.ok ? [] : parsed.problems;
};

/** Bodies without a problem, as what they make: with the longest names that there may be. */
const accepted: fc.Arbitrary<ComputeInput> = bodies.map((body) => {
  const parsed = parseComputeBody(withoutProblems(body, problemsOf));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed.value;
  const { account } = aCompute();
  return {
    ...aCompute({ namePrefix: 'P'.repeat(NAME_PREFIX_MAX) }),
    account: { ...account, region: config.region },
    config,
  };
});

const rolesOf = (plan: ReturnType<typeof planCompute>): RoleSpec[] =>
  [
    plan['instance-role']?.role,
    plan['service-role'],
    plan['fleet-role'],
    plan['execution-role'],
    plan['head-role'],
    plan['job-role'],
  ].filter((role) => role !== null && role !== undefined);

const holds = (says: (input: ComputeInput, plan: ReturnType<typeof planCompute>) => void) =>
  fc.assert(
    fc.property(accepted, (input) => {
      says(input, planCompute(input, 'run'));
    }),
    RUNS,
  );

describe(`what is accepted (seed ${seed})`, () => {
  test('has the same plan each time', () => {
    holds((input, plan) => expect(planCompute(structuredClone(input), 'run')).toEqual(plan));
  });

  test('has names that AWS takes, each once', () => {
    holds((input, plan) => {
      const { queue = [], computeEnvironment = [] } = plan['reserve-slots']?.names ?? {};
      for (const name of [...queue, ...computeEnvironment]) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
      expect(new Set(queue).size).toBe(poolsOf(input).length);
      expect(new Set(computeEnvironment).size).toBe(poolsOf(input).length);
      for (const { name } of rolesOf(plan)) expect(name).toMatch(/^[\w+=,.@-]{1,64}$/);
      expect(plan['launch-template']?.name).toMatch(/^[A-Za-z0-9().\-/_]{3,128}$/);
      expect(plan.efs?.fileSystem.creationToken.length ?? 0).toBeLessThanOrEqual(64);
      expect(plan.lustre?.fileSystem.clientRequestToken.length ?? 0).toBeLessThanOrEqual(63);
    });
  });

  test('has roles within the limits of IAM', () => {
    holds((_input, plan) => {
      for (const { trust, inline = {}, managedPolicyArns = [] } of rolesOf(plan)) {
        expect(trust.length).toBeLessThanOrEqual(2048);
        expect(Object.values(inline).join('').length).toBeLessThanOrEqual(10_240);
        expect(managedPolicyArns.length).toBeLessThanOrEqual(10);
      }
    });
  });

  test('has environments that Batch takes', () => {
    holds((input, plan) => {
      for (const pool of poolsOf(input)) {
        const environment = plan[`compute-environment-${pool.name}`];
        expect(plan[`job-queue-${pool.name}`]).toMatchObject({ computeEnvironment: environment?.name });
        if (!environment || !('minvCpus' in environment)) {
          expect(pool.type).toBe('FARGATE');
          continue;
        }
        expect(environment.minvCpus).toBeLessThanOrEqual(environment.maxvCpus);
        expect(environment.instanceTypes.length).toBeGreaterThan(0);
        if (environment.type === 'EC2') {
          expect(environment.bidPercentage).toBeUndefined();
          expect(environment.allocationStrategy).not.toMatch(/^SPOT/);
        }
        expect(environment.bidPercentage ?? 1).toBeGreaterThan(0);
      }
    });
  });

  test('never has a head on Spot', () => {
    holds((input) => {
      for (const { role, type } of poolsOf(input))
        if (role === 'head' || role === 'both') expect(type).not.toBe('SPOT');
    });
  });

  test('has user data that EC2 takes, and a configuration for Nextflow', () => {
    holds((input, plan) => {
      for (const text of Object.values(plan['launch-template']?.userData ?? {})) {
        expect(Buffer.byteLength(text)).toBeLessThan(USER_DATA_BYTES_MAX);
      }
      expect(renderComputeNextflowConfig(input)).toContain("executor = 'awsbatch'");
    });
  });

  test('is the same when it is exported and taken again', () => {
    fc.assert(
      fc.property(accepted, ({ config }) => {
        expect(parseComputeBody({ name: 'x', config })).toMatchObject({ ok: true, value: { config } });
      }),
      RUNS,
    );
  });
});

test(`what is refused names an option that it has, and says what to do (seed ${seed})`, () => {
  const options = new Set(RULES.flatMap(({ reads }) => reads));
  let refused = 0;
  fc.assert(
    fc.property(bodies, (body) => {
      for (const { path, message } of problemsOf(body)) {
        refused += 1;
        const option = path.replace(/^config\./, '').replace(/\.\d.*$/, '');
        expect([...options]).toContain(option);
        expect(message).toMatch(/\S{3}/);
      }
    }),
    RUNS,
  );
  expect(refused).toBeGreaterThan(100);
});
