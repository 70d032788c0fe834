/** The machine images that profiles name, with the pipelines that they come from and the role that lists those. */
import { createHash } from 'node:crypto';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Config } from '#config/schema.ts';
import { type DevAccount, rootOf } from './account.ts';

interface Image {
  readonly id: string;
  readonly name: string;
  readonly architecture: 'x86_64';
}

/** So that what a configuration of a real account names is there. */
export const seedImages = async (
  aws: string,
  { id: account, region }: DevAccount,
  { profiles, 'nextflow-global': global }: Pick<Config, 'profiles' | 'nextflow-global'>,
): Promise<void> => {
  const named = (key: 'instance-ami' | 'instance-ami-builder-arn'): string[] => [
    ...new Set(Object.values(profiles).flatMap((block) => (block[key] === '' ? [] : [block[key]]))),
  ];
  const arns = named('instance-ami-builder-arn');
  const pipelines = arns.map((arn) => ({ arn, image: imageOf(idFor(arn)) }));
  await post(`${aws}/_sandbox/accounts/${account}/images`, {
    images: [...named('instance-ami').map(imageOf), ...pipelines.map(({ image }) => image)],
    pipelines: pipelines.map(({ arn, image }) => ({
      arn,
      images: [{ state: 'AVAILABLE', dateCreated: '2026-11-01T00:00:00Z', amis: [{ region, image: image.id }] }],
    })),
  });
  const reader = /^arn:aws[\w-]*:iam::(\d{12}):role(\/(?:.+\/)?)([^/]+)$/.exec(global['imagebuilder-reader-role-arn']);
  if (reader && arns.length > 0) await makeReader(aws, { region, account, arns, reader });
};

/** An id that is the same each time. */
const idFor = (arn: string): string => `ami-${createHash('sha256').update(arn).digest('hex').slice(0, 17)}`;

const imageOf = (id: string): Image => ({ id, name: `al2023-ami-ecs-hvm-2023.0.${id}-x86_64`, architecture: 'x86_64' });

const post = async (url: string, body: object): Promise<void> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the sandbox refused the machine images: ${await answer.text()}`);
};

const makeReader = async (
  endpoint: string,
  {
    region,
    account,
    arns,
    reader: [, owner = '', Path, RoleName],
  }: { region: string; account: string; arns: readonly string[]; reader: RegExpExecArray },
): Promise<void> => {
  const iam = new IAMClient({ endpoint, region, credentials: rootOf(owner) });
  const allow = (parts: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...parts }] });
  const trust = allow({ Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' });
  await iam.send(new CreateRoleCommand({ Path, RoleName, AssumeRolePolicyDocument: trust }));
  const PolicyDocument = allow({ Action: 'imagebuilder:ListImagePipelineImages', Resource: arns });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'list-images', PolicyDocument }));
};
