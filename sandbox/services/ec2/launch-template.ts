/**
 * Launch templates: client tokens, versions that inherit from a source, pages of 200.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
 */
import {
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  paginateDescribeTags,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { filterBy } from './lookup.ts';
import { type Ec2Deps, mutation, objectsOf, type Params, succeeded, textOf, textsOf } from './state.ts';
import { idempotent } from './tokens.ts';

/** moto stops at 15. */
const PAGE = '200';

export const launchTemplateRules = (deps: Ec2Deps): Record<string, Rule> => ({
  CreateLaunchTemplate: mutation(deps, idempotent(deps, createTemplate)),
  CreateLaunchTemplateVersion: mutation(deps, idempotent(deps, createVersion(deps))),
  ModifyLaunchTemplate: mutation(deps, idempotent(deps, modify(deps))),
  DeleteLaunchTemplate: mutation(deps, async (call, forward) => {
    checkNamed(call);
    await checkThere(deps, call);
    return forward();
  }),
  DescribeLaunchTemplates: describe(deps),
  DescribeLaunchTemplateVersions: describeVersions(deps),
});

const createTemplate: Rule = (call, forward) => {
  const name = textOf(call.params, 'LaunchTemplateName');
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
    throw new AwsError('InvalidLaunchTemplateName.MalformedException', `Launch template name '${name}' is not valid`);
  }
  if (Object.keys((call.params.LaunchTemplateData ?? {}) as Params).length === 0) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter LaunchTemplateData');
  }
  return forward();
};

const checkNamed = ({ params }: Call): void => {
  const id = textOf(params, 'LaunchTemplateId');
  const name = textOf(params, 'LaunchTemplateName');
  if (Boolean(id) === Boolean(name)) {
    throw new AwsError(
      id ? 'InvalidParameterCombination' : 'MissingParameter',
      'Either a launch template ID or a launch template name must be specified in the request',
    );
  }
};

/** moto answers to the delete of one that is not there that its name is missing. */
const checkThere = async ({ world }: Ec2Deps, { account, region, params }: Call): Promise<void> => {
  const id = textOf(params, 'LaunchTemplateId');
  if (id) return;
  const name = textOf(params, 'LaunchTemplateName');
  const query = new DescribeLaunchTemplatesCommand({ Filters: filterBy('launch-template-name', name) });
  const { LaunchTemplates = [] } = await world.moto(EC2Client, account, region).send(query);
  if (LaunchTemplates.length > 0) return;
  throw new AwsError(
    'InvalidLaunchTemplateName.NotFoundException',
    'At least one of the launch templates specified in the request does not exist.',
  );
};

const versionData = async ({ world }: Ec2Deps, call: Call, version: string): Promise<Params> => {
  const id = textOf(call.params, 'LaunchTemplateId');
  const { LaunchTemplateVersions = [] } = await world.moto(EC2Client, call.account, call.region).send(
    new DescribeLaunchTemplateVersionsCommand({
      ...(id ? { LaunchTemplateId: id } : { LaunchTemplateName: textOf(call.params, 'LaunchTemplateName') }),
      Versions: [version],
    }),
  );
  return withoutTemplateTags((LaunchTemplateVersions[0]?.LaunchTemplateData ?? {}) as Params);
};

const createVersion =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    checkNamed(call);
    const source = textOf(call.params, 'SourceVersion');
    if (!source) return forward();
    const inherited = await versionData(deps, call, source);
    const data = { ...inherited, ...((call.params.LaunchTemplateData ?? {}) as Params) };
    return forward({ params: { ...call.params, LaunchTemplateData: data } });
  };

const modify =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    checkNamed(call);
    const version = textOf(call.params, 'DefaultVersion');
    return version.startsWith('$')
      ? forward({ params: { ...call.params, DefaultVersion: String(await versionNumber(deps, call, version)) } })
      : forward();
  };

const versionNumber = async ({ world }: Ec2Deps, call: Call, version: string): Promise<number | undefined> => {
  const id = textOf(call.params, 'LaunchTemplateId');
  const { LaunchTemplateVersions = [] } = await world.moto(EC2Client, call.account, call.region).send(
    new DescribeLaunchTemplateVersionsCommand({
      ...(id ? { LaunchTemplateId: id } : { LaunchTemplateName: textOf(call.params, 'LaunchTemplateName') }),
      Versions: [version],
    }),
  );
  return LaunchTemplateVersions[0]?.VersionNumber;
};

/** By template. moto shows the tags that a template was made with, whatever was done to them since. */
export const templateTags = async (ec2: EC2Client): Promise<Map<string, Tag[]>> => {
  const byId = new Map<string, Tag[]>();
  const Filters = [{ Name: 'resource-type', Values: ['launch-template'] }];
  for await (const { Tags = [] } of paginateDescribeTags({ client: ec2 }, { Filters })) {
    for (const { ResourceId = '', Key, Value } of Tags)
      byId.set(ResourceId, [...(byId.get(ResourceId) ?? []), { Key, Value }]);
  }
  return byId;
};

const describe =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const answer = await forward({ params: { MaxResults: PAGE, ...call.params } });
    const ids = textsOf(call.params, 'LaunchTemplateIds');
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const templates = (result.LaunchTemplates ?? []) as Params[];
    const tags = await templateTags(world.moto(EC2Client, call.account, call.region));
    const tagged = world.answer(call, {
      ...result,
      LaunchTemplates: templates.map((each) => ({ ...each, Tags: tags.get(String(each.LaunchTemplateId)) ?? [] })),
    });
    if (ids.length === 0) return tagged;
    const found = templates.map((each) => each.LaunchTemplateId);
    const missing = objectsOf(call.params, 'Filters').length === 0 && ids.find((id) => !found.includes(id));
    if (!missing) return tagged;
    throw new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${missing}, does not exist.`,
    );
  };

/** moto puts the tags of the template itself among those that its instances would get. */
export const withoutTemplateTags = (data: Params): Params => {
  const { TagSpecifications: all, ...rest } = data;
  const kept = ((all ?? []) as Params[]).filter(({ ResourceType }) => ResourceType !== 'launch-template');
  return kept.length > 0 ? { ...rest, TagSpecifications: kept } : rest;
};

const describeVersions =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const answer = await forward({ params: { MaxResults: PAGE, ...call.params } });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const versions = ((result.LaunchTemplateVersions ?? []) as Params[]).map((version) => ({
      ...version,
      LaunchTemplateData: withoutTemplateTags((version.LaunchTemplateData ?? {}) as Params),
    }));
    return world.answer(call, { ...result, LaunchTemplateVersions: versions });
  };
