/** Image Builder, of which moto knows nothing: the images of pipelines, as an operator of the sandbox seeded them. */
import { AwsError, type Call, type Rule, type ServiceModule, type World } from './rule.ts';

export interface SeededImage {
  readonly id: string;
  readonly name: string;
  readonly architecture: string;
}

interface PipelineImage {
  readonly state: string;
  readonly dateCreated: string;
  readonly amis: readonly { readonly region: string; readonly image: string }[];
}

export interface ImageBuilderModule extends ServiceModule {
  readonly service: 'imagebuilder';
  /** Machine images of the account, for EC2's DescribeImages. */
  images(account: string): readonly SeededImage[];
}

/** Small enough that a pipeline of some length needs a second page. */
const PAGE_MAX = 25;

const PIPELINE_ARN = /^arn:aws[\w-]*:imagebuilder:[\w-]+:(\d{12}|aws):image-pipeline\/[a-z0-9-_]+$/;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const listOf = (value: unknown, name: string): Record<string, unknown>[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isObject))
    throw new AwsError('BadRequest', `${name} must be a list of objects`);
  return value;
};

const readPipelineImage = (raw: Record<string, unknown>): PipelineImage => ({
  state: String(raw.state ?? 'AVAILABLE'),
  dateCreated: String(raw.dateCreated ?? ''),
  amis: listOf(raw.amis, 'amis').map(({ region, image }) => ({ region: String(region), image: String(image) })),
});

const summaryOf = (arn: string, account: string, image: PipelineImage, build: number) => {
  const pipeline = arn.split('/').at(-1) ?? '';
  const [prefix = ''] = arn.split(':image-pipeline/');
  return {
    arn: `${prefix}:image/${pipeline}/1.0.0/${build}`,
    name: pipeline,
    type: 'AMI',
    version: `1.0.0/${build}`,
    platform: 'Linux',
    state: { status: image.state },
    owner: account,
    dateCreated: image.dateCreated,
    outputResources: {
      amis: image.amis.map(({ region, image: id }) => ({
        region,
        image: id,
        name: `${pipeline} ${build}`,
        accountId: account,
      })),
    },
    tags: {},
  };
};

export const createImageBuilder = (world: World): ImageBuilderModule => {
  const images = new Map<string, SeededImage[]>();
  const pipelines = new Map<string, PipelineImage[]>();

  const list: Rule = async (call: Call) => {
    const arn = String(call.params.imagePipelineArn ?? '');
    if (!PIPELINE_ARN.test(arn)) {
      throw new AwsError(
        'InvalidParameterValueException',
        `The value supplied for parameter 'imagePipelineArn' is not valid.`,
      );
    }
    const all = pipelines.get(arn);
    if (!all) {
      throw new AwsError(
        'ResourceNotFoundException',
        `The resource you requested could not be found. Verify that the resource with the ARN '${arn}' exists.`,
        404,
      );
    }
    const start =
      call.params.nextToken === undefined ? 0 : Number(Buffer.from(String(call.params.nextToken), 'base64url'));
    if (!Number.isInteger(start) || start < 0) {
      throw new AwsError('InvalidPaginationTokenException', 'The pagination token provided is not valid.');
    }
    const size = Math.min(Number(call.params.maxResults ?? PAGE_MAX), PAGE_MAX);
    const account = arn.split(':')[4] ?? call.account;
    const page = all
      .slice(start, start + size)
      .map((image, index) => summaryOf(arn, account, image, start + index + 1));
    const end = start + size;
    return world.answer(call, {
      requestId: `${call.seq}`,
      imageSummaryList: page,
      ...(end < all.length && { nextToken: Buffer.from(`${end}`).toString('base64url') }),
    });
  };

  const seed = async (account: string, body: unknown): Promise<unknown> => {
    if (!isObject(body)) throw new AwsError('BadRequest', 'the body must be an object with images and pipelines');
    const known = images.get(account) ?? [];
    for (const { id, name, architecture } of listOf(body.images, 'images')) {
      if (typeof id !== 'string' || typeof name !== 'string')
        throw new AwsError('BadRequest', 'an image needs id and name');
      const image = { id, name, architecture: String(architecture ?? 'x86_64') };
      const at = known.findIndex((other) => other.id === id);
      if (at < 0) known.push(image);
      else known[at] = image;
    }
    images.set(account, known);
    for (const { arn, images: built } of listOf(body.pipelines, 'pipelines')) {
      if (typeof arn !== 'string' || !PIPELINE_ARN.test(arn))
        throw new AwsError('BadRequest', `${arn} is no pipeline's ARN`);
      pipelines.set(arn, listOf(built, 'images').map(readPipelineImage));
    }
    return { images: known };
  };

  return {
    service: 'imagebuilder',
    rules: { ListImagePipelineImages: list },
    admin: { 'POST images': seed },
    images: (account) => images.get(account) ?? [],
  };
};
