/** The pass-through to a TES server, route by route. */
import type { FindAccess, TaskRight, TesCaller } from './access.ts';
import { type CreateParts, type CreateRequest, createTask } from './create.ts';
import type { Cursors } from './cursor.ts';
import type { NoteEnded } from './ended.ts';
import { type ListRequest, listTasks, type TaskPage } from './list.ts';
import type { JsonObject, TesTask, TesView } from './model.ts';
import { TesProblem } from './problem.ts';
import { viewOf } from './views.ts';

/** All of them throw TesProblem. */
export interface TesService {
  serviceInfo(): Promise<JsonObject>;
  /** @returns its id */
  create(request: CreateRequest): Promise<string>;
  list(caller: TesCaller, request: ListRequest): Promise<TaskPage>;
  show(caller: TesCaller, id: string, view: TesView): Promise<TesTask>;
  cancel(caller: TesCaller, id: string): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface TesParts extends CreateParts {
  readonly cursors: Cursors;
  readonly findAccess: FindAccess;
  /** Undefined: tasks hold nothing that they would have to give back. */
  readonly noteEnded: NoteEnded | undefined;
}

export const createTes = (parts: TesParts): TesService => {
  const { upstream, findAccess, noteEnded } = parts;

  /**
   * A task that is not there and one that the caller may not see take the same calls and get the same answer.
   * @throws TesProblem NotFound; Denied where they may see it, and no more
   */
  const findAllowed = async (caller: TesCaller, id: string, right: TaskRight): Promise<TesTask> => {
    const [access, task] = await Promise.all([findAccess(caller), isId(id) ? upstream.find(id, 'BASIC') : undefined]);
    if (task && access.may(task, 'read')) noteEnded?.(caller.userId, [task]);
    if (task && access.may(task, right)) return task;
    if (task && access.may(task, 'read')) throw new TesProblem('Denied', 'you may see this task, and not cancel it');
    throw new TesProblem('NotFound', 'there is no such task');
  };

  return {
    serviceInfo: () => upstream.serviceInfo(),

    create: (request) => createTask(parts, request),

    list: async (caller, request) =>
      listTasks(
        { ...parts, onSeen: (tasks) => noteEnded?.(caller.userId, tasks) },
        request,
        await findAccess(caller),
        whoIs(caller),
      ),

    async show(caller, id, view) {
      const task = await findAllowed(caller, id, 'read');
      if (view !== 'FULL') return viewOf(task, view);
      const full = await upstream.find(id, 'FULL');
      if (!full) throw new TesProblem('NotFound', 'there is no such task');
      return viewOf(full, view);
    },

    async cancel(caller, id) {
      await findAllowed(caller, id, 'delete');
      return upstream.cancel(id);
    },

    close: () => upstream.close(),
  };
};

const whoIs = ({ name, userId }: TesCaller): string => JSON.stringify([name, userId]);

/** Segments of dots would be another path to whoever resolves them. */
const isId = (id: string): boolean => id.length <= 512 && !/^\.{0,2}$/.test(id);
