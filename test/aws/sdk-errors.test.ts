/** Every error that the SDK's models name for an operation that Eyrie calls has a meaning here, however it is spelt. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findModel } from 'eyrie-sandbox/models';
import { expect, test } from 'vitest';
import { classify, isAwsCode } from '#aws/errors.ts';
import { codeOf, type FailureCode } from '#domain/core/failures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Package of the client → the service's name in failures and models. */
const CLIENTS: Readonly<Record<string, string>> = {
  'client-batch': 'batch',
  'client-cloudwatch-logs': 'logs',
  'client-ec2': 'ec2',
  'client-efs': 'elasticfilesystem',
  'client-fsx': 'fsx',
  'client-iam': 'iam',
  'client-imagebuilder': 'imagebuilder',
  'client-kms': 'kms',
  'client-s3': 's3',
  'client-service-quotas': 'servicequotas',
  'client-ssm': 'ssm',
  'client-sts': 'sts',
};

interface Named {
  readonly service: string;
  readonly operation: string;
  readonly name: string;
  readonly status: number;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

/** What stands in `new …Command(` somewhere in the product. */
const calledCommands = (): ReadonlySet<string> =>
  new Set(
    filesBelow(join(ROOT, 'src')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/new ([A-Z]\w+Command)\(/g)].map(([, name = '']) => name),
    ),
  );

/** The SDK documents the errors of a command class as `@throws {@link …}`; its base class stands for what is unknown. */
const namedErrors = (): Named[] => {
  const called = calledCommands();
  return Object.entries(CLIENTS).flatMap(([client, service]) => {
    const folder = join(ROOT, 'node_modules/@aws-sdk', client, 'dist-types/commands');
    const commands = readdirSync(folder).filter((file) => called.has(file.replace(/\.d\.ts$/, '')));
    return commands.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/@throws \{@link (\w+)\} \((client|server) fault\)/g)].map(
        ([, name = '', fault]) => ({
          service,
          operation: file.replace(/Command\.d\.ts$/, ''),
          name,
          status: fault === 'server' ? 500 : 400,
        }),
      ),
    );
  });
};

/** Those of the newest models of AWS, by the code on the wire: they may know more than the SDK that is installed. */
const modelledErrors = (): Named[] => {
  const called = calledCommands();
  return Object.values(CLIENTS).flatMap((service) => {
    const model = findModel(service);
    return Object.values(model?.operations ?? {})
      .filter(({ name }) => called.has(`${name}Command`))
      .flatMap(({ name: operation, errors = [] }) =>
        errors.map(({ shape }) => {
          const { error, fault } = model?.shapes[shape] ?? {};
          const status = error?.httpStatusCode ?? (fault ? 500 : 400);
          return { service, operation, name: error?.code ?? shape, status };
        }),
      );
  });
};

const meaningOf = ({ service, operation, name, status }: Named): FailureCode => {
  const error = Object.assign(new Error('of no telling text'), { name, $metadata: { httpStatusCode: status } });
  return codeOf(classify(error, { operation: `${service}:${operation}`, write: true }));
};

const otherSpelling = (name: string): string =>
  name.endsWith('Exception') ? name.replace(/Exception$/, '') : `${name}Exception`;

test.each([
  ['of the SDK', namedErrors],
  ["of AWS's models", modelledErrors],
])('the errors %s mean something, and the same with and without their ending', (_whose, list) => {
  const errors = list();
  expect(errors.length).toBeGreaterThan(200);
  const unknown = errors.filter((error) => meaningOf(error) === 'Unknown');
  expect(unknown.map(({ service, operation, name }) => `${service}:${operation} ${name}`)).toEqual([]);
  const split = errors.filter((error) => meaningOf(error) !== meaningOf({ ...error, name: otherSpelling(error.name) }));
  expect(split.map(({ name }) => name)).toEqual([]);
});

test.each<[FailureCode, string, string]>([
  ['NotYet', 'iam', 'EntityTemporarilyUnmodifiableException'],
  ['NotYet', 'iam', 'ConcurrentModificationException'],
  ['NotYet', 'iam', 'DeleteConflictException'],
  ['Invalid', 'iam', 'UnmodifiableEntityException'],
  ['Invalid', 'iam', 'PolicyNotAttachableException'],
  ['QuotaExceeded', 'iam', 'LimitExceededException'],
  ['NotFound', 'iam', 'NoSuchEntityException'],
  ['Throttled', 'imagebuilder', 'CallRateLimitExceededException'],
  ['Denied', 'imagebuilder', 'ForbiddenException'],
  ['Denied', 'sts', 'RegionDisabledException'],
  ['Unavailable', 'sts', 'ExpiredTokenException'],
  ['Invalid', 'kms', 'DisabledException'],
  ['Unavailable', 'kms', 'KMSInternalException'],
  ['NotFound', 'ssm', 'ParameterVersionNotFound'],
  ['NotFound', 'ec2', 'InvalidLaunchTemplateId.VersionNotFound'],
  ['NotFound', 'servicequotas', 'NoSuchResourceException'],
  ['NotYet', 'elasticfilesystem', 'FileSystemInUse'],
  ['NotYet', 'elasticfilesystem', 'IncorrectMountTargetState'],
  ['AlreadyExists', 'elasticfilesystem', 'FileSystemAlreadyExists'],
  ['AlreadyExists', 'elasticfilesystem', 'MountTargetConflict'],
  ['QuotaExceeded', 'elasticfilesystem', 'NoFreeAddressesInSubnet'],
  ['Throttled', 'elasticfilesystem', 'TooManyRequests'],
  ['NotFound', 'elasticfilesystem', 'MountTargetNotFound'],
  ['Unavailable', 'elasticfilesystem', 'DependencyTimeout'],
  ['Invalid', 'fsx', 'IncompatibleParameterError'],
  ['QuotaExceeded', 'fsx', 'ServiceLimitExceeded'],
])('%s is what %s means by %s', (code, service, name) => {
  for (const spelling of [name, otherSpelling(name)]) {
    expect(meaningOf({ service, operation: 'X', name: spelling, status: 400 })).toBe(code);
  }
});

test('a code is known again by either spelling', () => {
  const failure = classify(Object.assign(new Error(''), { name: 'LimitExceededException' }), {
    operation: 'iam:CreateAccessKey',
    write: true,
  });
  expect(isAwsCode(failure, 'LimitExceeded')).toBe(true);
  expect(isAwsCode(failure, 'LimitExceededException')).toBe(true);
  expect(isAwsCode(failure, 'Exceeded')).toBe(false);
});
