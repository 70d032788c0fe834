/**
 * The newest finished image of an Image Builder pipeline. The pipeline lives in an account of its own, entered by a role
 * that may do nothing but list its images.
 */
import { type ImageSummary, ListImagePipelineImagesCommand } from '@aws-sdk/client-imagebuilder';
import type { Aws } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import type { PreflightSpec } from '#domain/workspace/specs.ts';

const POINTER = '/nextflow/instance-ami-builder-arn';

type Found = { readonly imageId: string } | { readonly problem: Problem };

export const findPipelineImage = async (aws: Aws, spec: PreflightSpec): Promise<Found> => {
  const { imagePipelineArn: arn, imageReader, account } = spec;
  if (imageReader === null) {
    const pointer = '/nextflowGlobal/imagebuilder-reader-role-arn';
    return { problem: { pointer, detail: 'instance-ami-builder-arn needs the role that reads the pipeline' } };
  }
  const problem = (detail: string): Found => ({ problem: { pointer: POINTER, detail } });
  let images: ImageSummary[];
  try {
    images = await collect(async (nextToken) => {
      const command = new ListImagePipelineImagesCommand({ imagePipelineArn: arn ?? '', nextToken });
      const answer = await aws.imagebuilder(imageReader).send(command);
      return { items: answer.imageSummaryList, next: answer.nextToken };
    });
  } catch (error) {
    if (isNotFound(error) || codeOf(error) === 'Invalid') return problem(`there is no image pipeline ${arn}`);
    throw error;
  }
  const finished = images.filter(({ state }) => state?.status === 'AVAILABLE');
  if (finished.length === 0) return problem(`pipeline ${arn} has no image that is AVAILABLE (of ${images.length})`);
  // One that is being built, failed, or was made for other regions only is no reason not to use the one before it.
  const [newest] = finished
    .toSorted((one, other) => age(other) - age(one))
    .flatMap(({ outputResources }) => outputResources?.amis ?? [])
    .filter(({ region, image }) => region === account.region && image !== undefined);
  if (newest?.image === undefined) return problem(`no image of pipeline ${arn} has an AMI in ${account.region}`);
  return { imageId: newest.image };
};

const age = ({ dateCreated = '' }: ImageSummary): number => Date.parse(dateCreated) || 0;
