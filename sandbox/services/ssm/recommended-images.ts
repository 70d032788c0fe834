/**
 * The images that AWS recommends for ECS: a newer one can be made to appear, in the parameters and in EC2.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { World } from '../../core/world.ts';
import { IMAGE_BUILDER } from '../imagebuilder/contract.ts';

const ROOT = '/aws/service/ecs/optimized-ami/';

/** The body of `PUT recommended-image`. */
export const RecommendedImage = z.strictObject({
  /** For example `amazon-linux-2023/arm64`. */
  variant: z.string().regex(/^amazon-linux-2(023)?(\/(arm64|gpu))?$/, 'such a variant of the image is not known'),
  /** Default: one that is made up. */
  id: z.string().startsWith('ami-').optional(),
});
type RecommendedImage = z.infer<typeof RecommendedImage>;

type Parameter = Readonly<Record<string, unknown>>;

interface Newer {
  readonly id: string;
  readonly name: string;
  /** How many came before it. */
  readonly count: number;
  readonly at: number;
}

export const createRecommendedImages = (world: World) => {
  const newer = new Map<string, Newer>();
  return {
    /** @returns the image's id */
    async recommend(account: string, { variant, id: given }: RecommendedImage): Promise<{ id: string }> {
      const id = given ?? `ami-0${randomBytes(8).toString('hex')}`;
      const count = (newer.get(`${account}/${variant}`)?.count ?? 0) + 1;
      const isArm = variant.endsWith('/arm64');
      const kind = variant.endsWith('/gpu') ? 'ecs-gpu-hvm' : 'ecs-hvm';
      const family = variant.startsWith('amazon-linux-2023') ? 'al2023-ami' : 'amzn2-ami';
      const name = `${family}-${kind}-newer-${count}-${isArm ? 'arm64' : 'x86_64'}`;
      newer.set(`${account}/${variant}`, { id, name, count, at: world.now() });
      world.service(IMAGE_BUILDER).addImage(account, { id, name, architecture: isArm ? 'arm64' : 'x86_64' });
      return { id };
    },
    /** A parameter as it is now. */
    current(account: string, parameter: Parameter): Parameter {
      const [variant = '', member] = String(parameter.Name).replace(ROOT, '').split('/recommended');
      const found = newer.get(`${account}/${variant}`);
      if (!found || member === undefined) return parameter;
      const changed = { ...parameter, Version: 1 + found.count, LastModifiedDate: found.at };
      if (member === '/image_id') return { ...changed, Value: found.id };
      if (member === '/image_name') return { ...changed, Value: found.name };
      if (member !== '') return parameter;
      const told = JSON.parse(String(parameter.Value)) as object;
      return { ...changed, Value: JSON.stringify({ ...told, image_id: found.id, image_name: found.name }) };
    },
  };
};
