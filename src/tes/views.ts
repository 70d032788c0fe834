/** The views of TES 1.1, made here: servers differ in what they leave out, and tags of Eyrie's own are nobody else's. */
import { isObject, type JsonObject, type TesTask, type TesView, tagsOf } from './model.ts';
import { shownTags } from './tags.ts';

export const viewOf = (task: TesTask, view: TesView): TesTask => {
  if (view === 'MINIMAL') return { id: task.id, ...(task.state !== undefined && { state: task.state }) };
  const shown: TesTask = { ...task, ...(task.tags !== undefined && { tags: shownTags(tagsOf(task), task.id) }) };
  return view === 'FULL' ? shown : basicOf(shown);
};

/** Without what may be large: the content of inputs, the logs of the system and of executors. */
const basicOf = (task: TesTask): TesTask => ({
  ...task,
  ...within(task, 'inputs', (input) => without(input, 'content')),
  ...within(task, 'logs', (log) => ({
    ...without(log, 'system_logs'),
    ...within(log, 'logs', (executor) => without(executor, 'stdout', 'stderr')),
  })),
});

const within = (of: JsonObject, field: string, change: (element: JsonObject) => JsonObject): JsonObject => {
  const list = of[field];
  return Array.isArray(list) ? { [field]: list.map((one: unknown) => (isObject(one) ? change(one) : one)) } : {};
};

const without = (of: JsonObject, ...fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(of).filter(([field]) => !fields.includes(field)));
