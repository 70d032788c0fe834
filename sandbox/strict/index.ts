/** The services with rules of their own. Adding one is a line here. */
import type { Call, CreateModule, World } from './rule.ts';

const FILES = [
  ['iam', 'createIam'],
  ['sts', 'createSts'],
  ['s3', 'createS3'],
  ['kms', 'createKms'],
  ['ssm', 'createSsm'],
  ['imagebuilder', 'createImageBuilder'],
  ['servicequotas', 'createServiceQuotas'],
  ['batch', 'createBatch'],
  ['ec2', 'createEc2'],
] as const;

const load = async (file: string, name: string): Promise<unknown> => {
  try {
    return (await import(`./${file}.ts`))[name];
  } catch (error) {
    process.stderr.write(`sandbox: no rules for ${file}: ${error instanceof Error ? error.message : error}\n`);
    return undefined;
  }
};

export const loadModules = async (): Promise<CreateModule[]> => {
  const loaded = await Promise.all(FILES.map(([file, name]) => load(file, name)));
  return loaded.filter((made): made is CreateModule => typeof made === 'function');
};

export type Authorise = (world: World, call: Call) => Promise<void>;

export const loadAuthorise = async (): Promise<Authorise> => {
  const needed = await Promise.all(FILES.slice(0, 4).map(([file, name]) => load(file, name)));
  const loaded = needed.includes(undefined) ? undefined : await load('authorise', 'authorise');
  return typeof loaded === 'function' ? (loaded as Authorise) : async () => undefined;
};
