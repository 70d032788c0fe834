/**
 * What is wrong with a launch, as far as the request and its configuration show it without asking AWS: all of it at
 * once, at JSON pointers into the API's body `{user?, profile? | nextflow?, payModel?}`.
 */
import type { FailureCode, Problem } from '../core/failures.ts';
import { isInstanceType } from '../resources/instance-types.ts';
import { checkNames } from './check-names.ts';
import { isVpcCidr } from './cidr.ts';
import type { NextflowBlock, WorkspaceInput } from './input.ts';
import { allowedBesides, parseInstanceTypes } from './plan.ts';
import { squidImageFamily, squidUserData, USER_DATA_BYTES_MAX } from './squid-user-data.ts';
import { launchTemplateUserData } from './user-data.ts';

/** Every problem of the request; empty: it can be launched as far as can be seen from here. */
export const checkRequest = (workspace: WorkspaceInput): Problem[] => [
  ...checkUser(workspace),
  ...checkNextflow(workspace),
  ...checkSettings(workspace),
  ...checkPayModel(workspace),
  ...checkNames(workspace),
];

/** The one code that stands for the problems, with all of them; undefined where there are none. */
export const findRefusal = (
  workspace: WorkspaceInput,
): { readonly code: FailureCode; readonly problems: readonly Problem[] } | undefined => {
  const problems = checkRequest(workspace);
  if (problems.length === 0) return undefined;
  if (problems.length === checkNames(workspace).length) return { code: 'NameTooLong', problems };
  if (problems.length === checkPayModel(workspace).length) return { code: 'PayModelInactive', problems };
  return { code: 'Invalid', problems };
};

/** A pay model that gives no money now; one of an account of its own must say which, and be active. */
const checkPayModel = ({ payModel }: WorkspaceInput): Problem[] => {
  if (!payModel) return [];
  const problems: Problem[] = [];
  const status = payModel.request_status;
  if (status === 'above limit') {
    problems.push({
      pointer: '/payModel/request_status',
      detail: 'the pay model is above its limit; choose another one',
    });
  } else if (payModel.ecs === true && status !== 'active') {
    problems.push({
      pointer: '/payModel/request_status',
      detail: `the pay model is ${status ? `"${status}"` : 'without a status'}, it must be "active"`,
    });
  }
  if (payModel.ecs === true && !/^\d{12}$/.test(payModel.account_id ?? '')) {
    problems.push({
      pointer: '/payModel/account_id',
      detail: 'must be an AWS account id of 12 digits where ecs is true',
    });
  }
  return problems;
};

const checkUser = ({ user }: WorkspaceInput): Problem[] =>
  user.trim() === '' ? [{ pointer: '/user', detail: 'must not be empty' }] : [];

const checkSettings = (workspace: WorkspaceInput): Problem[] => {
  const { settings } = workspace;
  const problems: Problem[] = [];
  if (!isVpcCidr(settings.vpcCidr)) {
    problems.push({
      pointer: '',
      detail: `the configured network ${settings.vpcCidr} must be an IPv4 range of /16 to /26`,
    });
  }
  for (const domain of settings.squid.moreDomains ?? []) {
    if (!/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)) {
      problems.push({ pointer: '', detail: `the configured domain ${JSON.stringify(domain)} is not a host name` });
    }
  }
  problems.push(...checkProxySize(workspace));
  return problems;
};

/** All of it is ASCII, so characters are bytes. EC2 would refuse it only after the network has been made. */
const checkProxySize = (workspace: WorkspaceInput): Problem[] => {
  const { settings } = workspace;
  const family = squidImageFamily(settings.squid.image);
  const moreDomains = allowedBesides(workspace);
  const { length } = squidUserData({ family, vpcCidr: settings.vpcCidr, moreDomains });
  if (length <= USER_DATA_BYTES_MAX) return [];
  const detail = `the configured domains make the proxy's user data ${length} bytes long; EC2 takes ${USER_DATA_BYTES_MAX}: cover several of them by one that begins with a dot`;
  return [{ pointer: '', detail }];
};

type Add = (key: keyof NextflowBlock, detail: string, index?: number) => void;

const checkNextflow = (workspace: WorkspaceInput): Problem[] => {
  const problems: Problem[] = [];
  // A profile is named in the body, its content is not: the detail says which setting of it is meant.
  const add: Add = (key, detail, index) => {
    const at = index === undefined ? key : `${key}/${index}`;
    problems.push(
      workspace.profile === null
        ? { pointer: `/nextflow/${at}`, detail }
        : { pointer: '/profile', detail: `${at} of profile ${workspace.profile} ${detail}` },
    );
  };
  checkEnvironmentType(workspace.nextflow, add);
  checkImage(workspace, add);
  checkInstanceTypes(workspace.nextflow, add);
  checkVcpus(workspace.nextflow, add);
  checkWhitelists(workspace, add);
  return problems;
};

const INSTEAD_OF_FARGATE: Readonly<Record<string, string>> = { FARGATE: 'EC2', FARGATE_SPOT: 'SPOT' };

const checkEnvironmentType = ({ 'compute-environment-type': type }: NextflowBlock, add: Add): void => {
  if (type === 'EC2' || type === 'SPOT') return;
  const instead = INSTEAD_OF_FARGATE[type];
  if (instead) {
    const why = 'workspaces set instance types, an image and a launch template, and Fargate has none of these';
    add('compute-environment-type', `can't be ${type}: ${why}; use ${instead}`);
  } else {
    add('compute-environment-type', `must be EC2 or SPOT, not ${JSON.stringify(type)}`);
  }
};

const PIPELINE_ARN = /^arn:aws[a-z-]*:imagebuilder:[a-z0-9-]+:\d{12}:image-pipeline\/.+$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;

const checkImage = ({ nextflow, global }: WorkspaceInput, add: Add): void => {
  const image = nextflow['instance-ami'];
  const pipeline = nextflow['instance-ami-builder-arn'];
  const reader = global['imagebuilder-reader-role-arn'];
  if (image !== '') {
    if (!/^ami-[0-9a-z]+$/.test(image))
      add('instance-ami', `must be an image id like ami-0123456789abcdef0, not ${image}`);
    return; // a fixed image wins, so the pipeline isn't looked at
  }
  if (pipeline === '') {
    add(
      'instance-ami',
      'is missing: set instance-ami, or instance-ami-builder-arn to take the newest image of a pipeline',
    );
    return;
  }
  if (!PIPELINE_ARN.test(pipeline))
    add('instance-ami-builder-arn', 'must be the ARN of an Image Builder image pipeline');
  if (!ROLE_ARN.test(reader)) {
    add(
      'instance-ami-builder-arn',
      "needs nextflow-global's imagebuilder-reader-role-arn, the role that may read the pipeline",
    );
  }
};

const checkInstanceTypes = ({ 'instance-type': text }: NextflowBlock, add: Add): void => {
  const types = parseInstanceTypes(text);
  if (types.length === 0) add('instance-type', 'is missing: an instance type, a family, or optimal');
  for (const type of types) {
    if (!isInstanceType(type)) {
      add(
        'instance-type',
        `must hold instance types like c5.large, families like c5, or optimal, default_x86_64, default_arm64; not ${JSON.stringify(type)}`,
      );
    }
  }
};

/** Far more than any account has: a slip of the keyboard. */
const VCPUS_MAX = 1_000_000;

const checkVcpus = (nextflow: NextflowBlock, add: Add): void => {
  const min = nextflow['instance-min-vcpus'];
  const max = nextflow['instance-max-vcpus'];
  if (!Number.isInteger(min) || min < 0) add('instance-min-vcpus', 'must be a whole number, 0 or more');
  if (!Number.isInteger(max) || max < 1 || max > VCPUS_MAX)
    add('instance-max-vcpus', `must be a whole number, 1 (or no job can ever run) to ${VCPUS_MAX}`);
  else if (min > max) add('instance-min-vcpus', `must not be more than instance-max-vcpus (${min} > ${max})`);
};

/** Both lists become part of policies (where `${…}` is a variable), the images of a shell command too. */
const checkWhitelists = ({ nextflow, escapedUser, account }: WorkspaceInput, add: Add): void => {
  nextflow['job-image-whitelist'].forEach((image, index) => {
    if (!/^[A-Za-z0-9._:/@*?-]+$/.test(image.replaceAll('{{username}}', 'user'))) {
      add(
        'job-image-whitelist',
        'must be an image name; * and ? stand for any characters, {{username}} for the user',
        index,
      );
    }
  });
  nextflow['s3-bucket-whitelist'].forEach((bucket, index) => {
    if (!/^[A-Za-z0-9._/*?-]+$/.test(bucket)) add('s3-bucket-whitelist', 'must be the name of a bucket', index);
  });
  // Each private repository is a login in the workers' user data.
  const parts = { imageWhitelist: nextflow['job-image-whitelist'], escapedUser, region: account.region };
  const { length } = launchTemplateUserData('AL2023', parts);
  if (length > USER_DATA_BYTES_MAX) {
    const detail = `makes the workers' user data ${length} bytes long; EC2 takes ${USER_DATA_BYTES_MAX}: list fewer private repositories`;
    add('job-image-whitelist', detail);
  }
};
