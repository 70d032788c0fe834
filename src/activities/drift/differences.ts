/** What a write would change, in words: what is, and what should be. */
import type { NotedWrite } from '#aws/dry-run.ts';
import { resourceOf } from '#aws/resource-of.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';

type Members = Readonly<Record<string, unknown>>;

/** More says no more: they go into one sentence, with all others. */
const TOLD_MAX = 5;
const VALUE_LENGTH_MAX = 200;

/** One for each thing that differs. None where the service would only be asked to look at it again. */
export const differencesOf = (write: NotedWrite): readonly string[] => {
  const { operation, input } = write;
  const told = SPECIAL[operation]?.(input as never, write) ?? membersOf(write);
  return told.length > TOLD_MAX ? [...told.slice(0, TOLD_MAX), `${told.length - TOLD_MAX} more differ`] : told;
};

/** Of writes whose members are not called what the reads call them. */
const SPECIAL: Readonly<Record<string, (input: never, write: NotedWrite) => readonly string[]>> = {
  AttachRolePolicy: ({ PolicyArn }: { PolicyArn: string }) => [`policy ${PolicyArn} is not attached`],
  DeleteRolePolicy: ({ PolicyName }: { PolicyName: string }) => [`inline policy ${PolicyName} should not be there`],
  PutRolePolicy: ({ PolicyName, PolicyDocument }: { PolicyName: string; PolicyDocument: string }, { reads }) => {
    const found = foundBy(reads, PolicyName, 'PolicyDocument');
    const what = `inline policy ${PolicyName}`;
    return found === undefined ? [`${what} is not there`] : documentOf(what, found, PolicyDocument);
  },
  UpdateAssumeRolePolicy: (input: { RoleName: string; PolicyDocument: string }, { reads }) =>
    documentOf('trust', foundBy(reads, input.RoleName, 'AssumeRolePolicyDocument'), input.PolicyDocument),
  PutRolePermissionsBoundary: (input: { RoleName: string; PermissionsBoundary: string }, { reads }) => {
    const found = foundBy(reads, input.RoleName, 'PermissionsBoundary') as Members | undefined;
    return [not('permissions boundary', found?.PermissionsBoundaryArn, input.PermissionsBoundary)];
  },
  AddRoleToInstanceProfile: ({ RoleName }: { RoleName: string }) => [`role ${RoleName} is not in it`],
  RemoveRoleFromInstanceProfile: ({ RoleName }: { RoleName: string }) => [`role ${RoleName} should not be in it`],
  DeleteRetentionPolicy: (input: { logGroupName: string }, { reads }) => [
    not('retentionInDays', foundBy(reads, input.logGroupName, 'retentionInDays'), null),
  ],
  AuthorizeSecurityGroupIngress: (input: Rules) => rulesOf('ingress', input, 'is not there'),
  AuthorizeSecurityGroupEgress: (input: Rules) => rulesOf('egress', input, 'is not there'),
  RevokeSecurityGroupIngress: (input: Rules) => rulesOf('ingress', input, 'should not be there'),
  RevokeSecurityGroupEgress: (input: Rules) => rulesOf('egress', input, 'should not be there'),
};

interface Rules {
  readonly IpPermissions?: readonly unknown[];
}

const rulesOf = (direction: string, { IpPermissions = [] }: Rules, what: string): string[] =>
  IpPermissions.map((rule) => `rule of ${direction} ${shown(rule)} ${what}`);

/** All that the write says, against what the read of the same thing says under the same name. */
const membersOf = ({ input, reads }: NotedWrite): string[] => {
  const id = resourceOf(input) ?? '';
  return Object.entries(input).flatMap(([member, wanted]) =>
    member === 'ClientToken' || [wanted].flat()[0] === id ? [] : inside(member, foundBy(reads, id, member), wanted),
  );
};

/** The member of whatever in the reads has that value as its name, id or ARN. */
const foundBy = (within: unknown, id: string, member: string): unknown => {
  if (typeof within !== 'object' || within === null) return undefined;
  const values = Object.values(within);
  if (member in within && values.includes(id)) return (within as Members)[member];
  for (const each of values) {
    const found = foundBy(each, id, member);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Down to the members that differ; what has more than it should is not told here, since no write would take it away. */
const inside = (path: string, is: unknown, wanted: unknown): string[] => {
  const [has, should] = [asTags(is), asTags(wanted)];
  if (canonicalJson(has) === canonicalJson(should)) return [];
  if (!isMembers(should) || !isMembers(has)) return [not(path, has, should)];
  return Object.entries(should).flatMap(([member, value]) => inside(`${path}.${member}`, has[member], value));
};

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Some services give tags as a list. */
const asTags = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 0 && value.every((one) => isMembers(one) && 'Key' in one)
    ? Object.fromEntries(value.map(({ Key, Value }) => [Key, Value]))
    : value;

/** IAM gives documents back encoded. */
const documentOf = (what: string, is: unknown, wanted: string): string[] => {
  const found = parsed(decodeURIComponent(String(is)));
  const should = parsed(wanted);
  if (!isMembers(found) || !isMembers(should)) return [not(what, is, wanted)];
  const [has, statements] = [found, should].map(({ Statement }) => [Statement].flat().map(canonicalJson));
  const lacks = statements?.filter((one) => !has?.includes(one)) ?? [];
  const extra = has?.filter((one) => !statements?.includes(one)) ?? [];
  return [
    ...lacks.map((statement) => `${what}: statement ${clipped(statement)} is not there`),
    ...extra.map((statement) => `${what}: statement ${clipped(statement)} should not be there`),
  ];
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const not = (what: string, is: unknown, wanted: unknown): string => `${what} is ${shown(is)}, not ${shown(wanted)}`;

const shown = (value: unknown): string => clipped(canonicalJson(value ?? null));

const clipped = (text: string): string =>
  text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
