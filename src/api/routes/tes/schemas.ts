/**
 * The messages of TES 1.1, in our own words.
 * @see https://github.com/ga4gh/task-execution-schemas
 */
import { z } from '@hono/zod-openapi';
import { TES_STATES, TES_VIEWS } from '#tes/model.ts';

/** Clients write what they leave out as null, or not at all. */
const maybe = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

const text = maybe(z.string());
const fileType = maybe(z.enum(['FILE', 'DIRECTORY']));
/** What the server fills in: a client that sends a task back as it was told has them in it. */
const ofServer = z.unknown().optional();

const Input = z.strictObject({
  name: text,
  description: text,
  url: text.openapi({ example: 's3://gen3wf-localhost-alice/in.txt' }),
  path: z.string().openapi({ example: '/data/in.txt' }),
  type: fileType,
  content: text,
  streamable: maybe(z.boolean()),
});

const Output = z.strictObject({
  name: text,
  description: text,
  url: z.string().openapi({ example: 's3://gen3wf-localhost-alice/out.txt' }),
  path: z.string().openapi({ example: '/data/out.txt' }),
  path_prefix: text,
  type: fileType,
});

const Executor = z.strictObject({
  image: text.openapi({ example: 'alpine:3.20' }),
  command: z.array(z.string()).openapi({ example: ['cat', '/data/in.txt'] }),
  workdir: text,
  stdin: text,
  stdout: text,
  stderr: text,
  env: maybe(z.record(z.string(), z.string())),
  ignore_error: maybe(z.boolean()),
});

const Resources = z.strictObject({
  cpu_cores: maybe(z.int()),
  preemptible: maybe(z.boolean()),
  ram_gb: maybe(z.number()),
  disk_gb: maybe(z.number()),
  zones: maybe(z.array(z.string())),
  backend_parameters: maybe(z.record(z.string(), z.string())),
  backend_parameters_strict: maybe(z.boolean()),
});

export const TaskBody = z
  .strictObject({
    name: text,
    description: text,
    inputs: maybe(z.array(Input)),
    outputs: maybe(z.array(Output)),
    resources: maybe(Resources),
    executors: z.array(Executor).min(1),
    volumes: maybe(z.array(z.string())),
    tags: maybe(z.record(z.string(), z.string())),
    id: ofServer,
    state: ofServer,
    logs: ofServer,
    creation_time: ofServer,
  })
  .transform(({ id: _id, state: _state, logs: _logs, creation_time: _time, ...task }) => task)
  .openapi('TesTaskRequest');

/** Told as the server tells it, but for what a view leaves out. */
export const Task = z
  .looseObject({ id: z.string(), state: z.unknown().optional().openapi({ type: 'string', example: TES_STATES[1] }) })
  .openapi('TesTask');

export const TaskList = z
  .object({
    tasks: z.array(Task),
    next_page_token: z.string().optional().openapi({ description: 'There may be more: pass it as page_token.' }),
  })
  .openapi('TesTaskList');

export const TaskCreated = z.object({ id: z.string() }).openapi('TesTaskCreated');
export const TaskCancelled = z.looseObject({}).openapi('TesTaskCancelled');
export const ServiceInfo = z.looseObject({}).openapi('TesServiceInfo');

export const View = z.enum(TES_VIEWS).default('MINIMAL').openapi({
  example: 'BASIC',
  description: '`MINIMAL`: id and state. `BASIC`: all but contents of inputs and logs. `FULL`: all.',
});

export const TaskId = z
  .string()
  .min(1)
  .max(512)
  .openapi({ param: { name: 'id', in: 'path' }, example: 'c0ffee', description: 'As the TES server gave it' });
