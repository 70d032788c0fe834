/** AWS's limits on names and documents, checked before anything is made: a user's name decides most of them. */
import type { Problem } from '../core/failures.ts';
import { type PolicyDocument, renderPolicy, withKmsKey } from '../resources/policy-document.ts';
import type { WorkspaceInput } from './input.ts';
import { workspaceNames } from './names.ts';
import { clientPolicy, jobsPolicy } from './policies.ts';

/** IAM counts a managed policy without its white space. */
const POLICY_CHARS_MAX = 6144;

interface Rule {
  readonly what: string;
  readonly max: number;
  readonly legal: RegExp;
  readonly allowed: string;
}

const IAM_NAME = { legal: /^[\w+=,.@-]+$/, allowed: 'letters, digits and _+=,.@-' };
const BATCH_NAME = { legal: /^[A-Za-z0-9][\w-]*$/, allowed: 'letters, digits, - and _' };
const TAG_VALUE = { legal: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, allowed: 'letters, digits, spaces and _.:/=+-@' };

const RULES = {
  user: { what: 'IAM user', max: 64, ...IAM_NAME },
  role: { what: 'IAM role', max: 64, ...IAM_NAME },
  policy: { what: 'IAM policy', max: 128, ...IAM_NAME },
  path: { what: 'IAM path', max: 512, legal: /^\/[\x21-\x7e]+\/$/, allowed: 'printable characters but no space' },
  bucket: {
    what: 'S3 bucket',
    max: 63,
    legal: /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/,
    allowed: 'lower-case letters, digits, . and -',
  },
  alias: { what: 'KMS alias', max: 256, legal: /^alias\/[\w/-]+$/, allowed: 'letters, digits and _/-' },
  batch: { what: 'Batch', max: 128, ...BATCH_NAME },
  template: { what: 'EC2 launch template', max: 128, legal: /^[\w().\-/]+$/, allowed: 'letters, digits and ().-/_' },
  group: {
    what: 'EC2 security group',
    max: 255,
    legal: /^[\w .:/()#,@[\]+=&;{}!$*-]+$/,
    allowed: 'letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*',
  },
  tag: { what: 'tag', max: 256, ...TAG_VALUE },
} as const satisfies Record<string, Rule>;

/** Names that AWS would refuse, and policies and user data over its limits. */
export const checkNames = (workspace: WorkspaceInput): Problem[] => [
  ...checkSharedNames(workspace),
  ...checkUserNames(workspace),
  ...checkDocuments(workspace),
];

/** These follow from the host name alone: no user of the environment could be launched. */
const checkSharedNames = (workspace: WorkspaceInput): Problem[] => {
  const names = namesOf(workspace);
  return [
    ...check('', names.bucket, RULES.bucket),
    ...check('', names.instanceProfile, RULES.role),
    ...check('', names.kmsAlias, RULES.alias),
    ...check('', workspace.hostname, RULES.tag),
  ];
};

const checkUserNames = (workspace: WorkspaceInput): Problem[] => {
  const names = namesOf(workspace);
  return [
    ...check('/user', names.clientUser, RULES.user),
    ...check('/user', names.jobsRole, RULES.role),
    ...check('/user', names.clientRole, RULES.role),
    ...check('/user', names.jobsPolicy, RULES.policy),
    ...check('/user', names.path, RULES.path),
    ...check('/user', names.computeEnvironment, RULES.batch),
    ...check('/user', names.jobQueue, RULES.batch),
    ...check('/user', names.launchTemplate, RULES.template),
    ...check('/user', names.squidSecurityGroup, RULES.group),
    ...check('/user', names.firewallSubnet, RULES.tag),
    ...check('/user', workspace.workspaceId, RULES.tag),
  ];
};

const check = (pointer: string, name: string, rule: Rule): Problem[] => {
  const problems: Problem[] = [];
  if (name.length > rule.max) {
    const over = `has ${name.length} characters, the limit is ${rule.max}`;
    problems.push({ pointer, detail: `the ${rule.what} name ${name} ${over}` });
  }
  if (!rule.legal.test(name)) {
    problems.push({ pointer, detail: `the ${rule.what} name "${name}" may only hold ${rule.allowed}` });
  }
  return problems;
};

const checkDocuments = (workspace: WorkspaceInput): Problem[] => {
  const { account, nextflow, profile } = workspace;
  const names = namesOf(workspace);
  const parts = {
    names,
    accountId: account.accountId,
    region: account.region,
    imageWhitelist: nextflow['job-image-whitelist'],
    bucketWhitelist: nextflow['s3-bucket-whitelist'],
  };
  const problems: Problem[] = [];
  const add = (key: string, detail: string) =>
    problems.push({ pointer: profile === null ? `/nextflow/${key}` : '/profile', detail });
  const tooLong = (document: PolicyDocument) => policyLength(document, account.region) - POLICY_CHARS_MAX;

  const jobs = tooLong(jobsPolicy(parts));
  const client = tooLong(clientPolicy(parts));
  if (jobs > 0)
    add('s3-bucket-whitelist', `makes the jobs' policy ${jobs} characters longer than IAM's ${POLICY_CHARS_MAX}`);
  else if (client > 0) {
    const longer = parts.imageWhitelist.join().length > parts.bucketWhitelist.join().length * 4;
    const key = longer ? 'job-image-whitelist' : 's3-bucket-whitelist';
    add(key, `makes the client's policy ${client} characters longer than IAM's ${POLICY_CHARS_MAX}`);
  }
  return problems;
};

const policyLength = (document: PolicyDocument, region: string): number => {
  const keyArn = `arn:aws:kms:${region}:000000000000:key/00000000-0000-0000-0000-000000000000`;
  return withKmsKey(renderPolicy(document), keyArn).replace(/\s/g, '').length;
};

const namesOf = ({ hostname, user, account }: WorkspaceInput) =>
  workspaceNames({ hostname, user, accountId: account.accountId });
