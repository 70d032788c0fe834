/** What the demo asks of the sandbox itself. */

import { setTimeout as delay } from 'node:timers/promises';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { DevState } from '../../src/cli/dev/state.ts';

interface Item {
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
  readonly details: { readonly bucket?: unknown };
}

/** One admin call. @throws Error where the sandbox refuses. */
export const admin = async (dev: DevState, method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(`${dev.aws}/_sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the sandbox refused ${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

/** Everything in the account but Eyrie's own notes, and jobs, which end by themselves. */
export const inventoryOf = async (dev: DevState): Promise<Item[]> => {
  const all = (await admin(dev, 'GET', `accounts/${dev.account}/inventory`)) as Item[];
  return all.filter(
    ({ type, id, name, details }) =>
      type !== 'AWS::Batch::Job' &&
      ![id, name, details.bucket].some((text) => String(text).includes(dev.controlBucket)),
  );
};

export const countByType = (items: readonly Item[]): string[] => {
  const counts = new Map<string, number>();
  for (const { type } of items) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .map(([type, count]) => `${count} × ${type}`)
    .sort((one, other) => one.slice(4).localeCompare(other.slice(4)));
};

const READER = 'nextflow-imagebuilder-reader';

/** The role that may list a pipeline's images, as the operator of a deployment makes it. */
const seedReader = async (dev: DevState, pipeline: string): Promise<void> => {
  const credentials = { accessKeyId: dev.account, secretAccessKey: 'sandbox' };
  const iam = new IAMClient({ region: dev.region, endpoint: dev.aws, credentials: { ...credentials } });
  const allow = (parts: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...parts }] });
  const trust = allow({ Principal: { AWS: `arn:aws:iam::${dev.account}:root` }, Action: 'sts:AssumeRole' });
  await iam.send(new CreateRoleCommand({ RoleName: READER, AssumeRolePolicyDocument: trust }));
  const PolicyDocument = allow({ Action: 'imagebuilder:ListImagePipelineImages', Resource: pipeline });
  await iam.send(new PutRolePolicyCommand({ RoleName: READER, PolicyName: 'list-images', PolicyDocument }));
  await awaitAssumable(new STSClient({ region: dev.region, endpoint: dev.aws, credentials: { ...credentials } }), dev);
};

/** A role can be entered some seconds after it was made. */
const awaitAssumable = async (sts: STSClient, dev: DevState): Promise<void> => {
  const until = Date.now() + 60_000;
  const RoleArn = `arn:aws:iam::${dev.account}:role/${READER}`;
  for (;;) {
    try {
      await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'demo' }));
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await delay(200);
    }
  }
};

/** An image pipeline as it stands in a deployment: its newest image is still being built. */
export const seedPipeline = async (dev: DevState, arn: string): Promise<void> => {
  const image = 'ami-0f1b5cafe0000fd00';
  await seedReader(dev, arn);
  await admin(dev, 'POST', `accounts/${dev.account}/images`, {
    images: [{ id: image, name: 'al2023-nextflow-fips', architecture: 'x86_64' }],
    pipelines: [
      {
        arn,
        images: [
          { state: 'BUILDING', dateCreated: '2026-11-20T02:00:00Z', amis: [] },
          { state: 'AVAILABLE', dateCreated: '2026-11-13T02:00:00Z', amis: [{ region: dev.region, image }] },
        ],
      },
    ],
  });
};
