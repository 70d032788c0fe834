/** Who may see and cancel which task: the built-in rule, or what Arborist says of the caller. */
import { type TesTask, tagsOf } from './model.ts';
import { AUTHZ_TAG, authzOf, TASKS_RESOURCE, taskResource } from './tags.ts';

export interface TesCaller {
  /** The token's `sub`; undefined where it has none. */
  readonly userId: string | undefined;
  readonly userName: string | undefined;
  /** For logs, like `user:alice`. */
  readonly name: string;
  readonly isOperator: boolean;
  readonly bearer: string;
}

export type TaskRight = 'read' | 'delete';

/** What one caller may do, found out once for a request and before any task was looked at. */
export interface Access {
  /** The one `_AUTHZ` that all tasks have which they may see; undefined: there is no such one. */
  readonly onlyAuthz: string | undefined;
  may(task: TesTask, right: TaskRight): boolean;
}

/** The caller's rights by resource path. @see https://github.com/uc-cdis/arborist */
export type AskMapping = (caller: TesCaller) => Promise<RightsByPath>;

export type RightsByPath = Readonly<Record<string, readonly { readonly service: string; readonly method: string }[]>>;

export type FindAccess = (caller: TesCaller) => Promise<Access>;

/** @param ask undefined: everybody has their own tasks, operators have all */
export const createFindAccess =
  (ask: AskMapping | undefined): FindAccess =>
  async (caller) => {
    if (caller.isOperator) return { onlyAuthz: undefined, may: () => true };
    if (ask) return byMapping(await ask(caller), caller);
    const own = caller.userId === undefined ? undefined : authzOf(caller.userId);
    return { onlyAuthz: own ?? authzOf(''), may: (task) => own !== undefined && authzTagOf(task) === own };
  };

const authzTagOf = (task: TesTask): string | undefined => {
  const tags = tagsOf(task);
  return Object.hasOwn(tags, AUTHZ_TAG) ? tags[AUTHZ_TAG] : undefined;
};

const SERVICE = 'gen3-workflow';

const byMapping = (mapping: RightsByPath, { userId }: TesCaller): Access => {
  const pathsOf = (right: TaskRight): string[] =>
    Object.entries(mapping).flatMap(([path, rights]) =>
      rights.some(({ service, method }) => [SERVICE, '*'].includes(service) && [right, '*'].includes(method))
        ? [path]
        : [],
    );
  const paths = { read: pathsOf('read'), delete: pathsOf('delete') };
  const own = userId === undefined ? undefined : authzOf(userId);
  const ownFolder = own?.slice(0, own.lastIndexOf('/'));
  const elsewhere = paths.read.some(
    (path) =>
      (isWithin(TASKS_RESOURCE, path) || isWithin(path, TASKS_RESOURCE)) && !(ownFolder && isWithin(path, ownFolder)),
  );
  return {
    onlyAuthz: elsewhere ? undefined : (own ?? authzOf('')),
    may(task, right) {
      const resource = taskResource(authzTagOf(task), task.id);
      return resource !== undefined && paths[right].some((path) => isWithin(resource, path));
    },
  };
};

/** A right on a resource is one on all below it. */
const isWithin = (resource: string, path: string): boolean => {
  const folder = path.replace(/\/+$/, '');
  return resource === folder || resource.startsWith(`${folder}/`);
};
