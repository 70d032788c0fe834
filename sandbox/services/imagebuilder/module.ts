/**
 * Image Builder, of which moto knows nothing: the images of pipelines, as an operator of the sandbox seeded them.
 * @see https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImagePipelineImages.html
 */

import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import { adminRoute, type ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import type { ImageBuilder, SeededImage } from './contract.ts';
import { ImageSeed, PIPELINE_ARN } from './seed.ts';

type PipelineImage = ImageSeed['pipelines'][number]['images'][number];

/** Small enough that a pipeline of some length needs a second page. */
const PAGE_MAX = 25;

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

export const createImageBuilder = (world: World): ServiceModule => {
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

  const addImage: ImageBuilder['addImage'] = (account, image) => {
    const known = images.get(account) ?? [];
    images.set(account, [...known.filter(({ id }) => id !== image.id), image]);
  };

  const seed = async (account: string, given: ImageSeed): Promise<unknown> => {
    for (const image of given.images) addImage(account, image);
    for (const { arn, images: built } of given.pipelines) pipelines.set(arn, built);
    return { images: images.get(account) ?? [] };
  };

  const offers: ImageBuilder = { images: (account) => images.get(account) ?? [], addImage };

  return {
    service: 'imagebuilder',
    rules: { ListImagePipelineImages: list },
    actions: (call) => {
      const arn = textOf(call.params, 'imagePipelineArn');
      return arn ? [{ action: `imagebuilder:${call.operation}`, resource: arn }] : undefined;
    },
    admin: { 'POST images': adminRoute(ImageSeed, seed) },
    errors: {
      throttle: ['CallRateLimitExceededException', 429, 'You have exceeded the permitted request rate.'],
      internal: ['ServiceException', 500, 'Internal server error'],
    },
    offers,
  };
};
