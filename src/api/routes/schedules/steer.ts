import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json, jsonBody, problems } from '../../openapi.ts';
import { renderPrincipal, requireRight } from '../../principal.ts';
import { Note, Schedule, ScheduleId } from './schemas.ts';

const request = { params: z.object({ id: ScheduleId }) };
const withNote = { ...request, body: { ...jsonBody(Note, 'Why'), required: false } };

const run = createRoute({
  method: 'post',
  path: '/v1/schedules/{id}/run',
  operationId: 'runSchedule',
  summary: 'Run a schedule now',
  description: 'It decides by the time of this call. Also while the schedule is paused.',
  security: BEARER,
  request,
  responses: { 202: json(Schedule, 'Begun'), ...problems('NotFound', 'OperationInProgress') },
});

const pause = createRoute({
  method: 'post',
  path: '/v1/schedules/{id}/pause',
  operationId: 'pauseSchedule',
  summary: 'Pause a schedule',
  description: 'A run that is under way goes on. No start of a worker resumes it.',
  security: BEARER,
  request: withNote,
  responses: { 200: json(Schedule, 'Paused'), ...problems('NotFound') },
});

const resume = createRoute({
  method: 'post',
  path: '/v1/schedules/{id}/resume',
  operationId: 'resumeSchedule',
  summary: 'Resume a schedule',
  description: 'Also one that was paused because its runs failed.',
  security: BEARER,
  request: withNote,
  responses: { 200: json(Schedule, 'Resumed'), ...problems('NotFound') },
});

export const registerSteerSchedules = (app: App, { schedules }: ApiDeps): void => {
  app.openapi(run, async (c) => {
    requireRight(principalOf(c), 'schedules');
    const { id } = c.req.valid('param');
    await schedules.run(id);
    return c.json(await schedules.show(id), 202);
  });

  app.openapi(pause, async (c) => {
    const principal = principalOf(c);
    requireRight(principal, 'schedules');
    const { id } = c.req.valid('param');
    await schedules.pause(id, noteOf('paused', renderPrincipal(principal), c.req.valid('json')?.reason));
    return c.json(await schedules.show(id), 200);
  });

  app.openapi(resume, async (c) => {
    const principal = principalOf(c);
    requireRight(principal, 'schedules');
    const { id } = c.req.valid('param');
    await schedules.resume(id, noteOf('resumed', renderPrincipal(principal), c.req.valid('json')?.reason));
    return c.json(await schedules.show(id), 200);
  });
};

const noteOf = (what: string, who: string, reason: string | undefined): string =>
  `${what} by ${who}${reason === undefined ? '' : `: ${reason}`}`;
