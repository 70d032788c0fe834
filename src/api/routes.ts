/** Every route, one line each. */
import type { ApiDeps, App } from './deps.ts';
import { createDocument } from './document.ts';
import { registerCreateCompute } from './routes/compute/create.ts';
import { registerDisposeCompute } from './routes/compute/dispose.ts';
import { registerComputeEvents } from './routes/compute/events.ts';
import { registerExportCompute } from './routes/compute/export.ts';
import { registerListCompute } from './routes/compute/list.ts';
import { registerComputeNextflowConfig } from './routes/compute/nextflow-config.ts';
import { registerPlanCompute } from './routes/compute/plan.ts';
import { registerComputePolicies } from './routes/compute/policies.ts';
import { registerRepairCompute } from './routes/compute/repair.ts';
import { registerShowCompute } from './routes/compute/show.ts';
import { registerComputeState } from './routes/compute/state.ts';
import { registerUpdateCompute } from './routes/compute/update.ts';
import { registerHatcheryExpected } from './routes/hatchery/expected.ts';
import { registerHatcheryLaunch } from './routes/hatchery/launch.ts';
import { registerHatcheryNextflowConfig } from './routes/hatchery/nextflow-config.ts';
import { registerHatcheryTerminate } from './routes/hatchery/terminate.ts';
import { registerUserKeys } from './routes/keys/credentials.ts';
import { registerListKeyHolders } from './routes/keys/list.ts';
import { registerRemoveKeyHolder } from './routes/keys/remove.ts';
import { registerShowKeyHolder } from './routes/keys/show.ts';
import { registerDocs } from './routes/operations/docs.ts';
import { registerHealth } from './routes/operations/health.ts';
import { registerMetrics } from './routes/operations/metrics.ts';
import { registerListSchedules } from './routes/schedules/list.ts';
import { registerSteerSchedules } from './routes/schedules/steer.ts';
import { registerSeqeraComputeEnv } from './routes/seqera/compute-env.ts';
import { registerSeqeraComputeEnvs } from './routes/seqera/compute-envs.ts';
import { registerSeqeraLabels } from './routes/seqera/labels.ts';
import { SeqeraError } from './routes/seqera/schemas.ts';
import { registerSeqeraService } from './routes/seqera/service.ts';
import { registerSeqeraState } from './routes/seqera/state.ts';
import { registerContainerCredentials } from './routes/storage/aws-credentials.ts';
import { registerStorageInfo } from './routes/storage/info.ts';
import { registerStorageNextflowConfig } from './routes/storage/nextflow-config.ts';
import { registerStorageSession } from './routes/storage/session.ts';
import { registerRevokeStorageSessions } from './routes/storage/session-revoke.ts';
import { registerStorageSetup } from './routes/storage/setup.ts';
import { registerUserBucket } from './routes/storage/user-bucket.ts';
import { registerLatestSweep } from './routes/sweep/latest.ts';
import { registerStartSweep } from './routes/sweep/start.ts';
import { registerCancelTask } from './routes/tes/cancel.ts';
import { registerCreateTask } from './routes/tes/create.ts';
import { requireTes } from './routes/tes/deps.ts';
import { registerListTasks } from './routes/tes/list.ts';
import { registerTesServiceInfo } from './routes/tes/service-info.ts';
import { registerShowTask } from './routes/tes/show.ts';
import { registerAbandonStorageStep } from './routes/user-storage/abandon-step.ts';
import { registerStorageEvents } from './routes/user-storage/events.ts';
import { registerListStorage } from './routes/user-storage/list.ts';
import { registerRemoveStorage } from './routes/user-storage/remove.ts';
import { registerRetryStorage } from './routes/user-storage/retry.ts';
import { registerShowStorage } from './routes/user-storage/show.ts';
import { registerAbandonStep } from './routes/workspaces/abandon-step.ts';
import { registerWorkspaceCredentials } from './routes/workspaces/aws-credentials.ts';
import { registerClaimCredentials } from './routes/workspaces/credentials.ts';
import { registerWorkspaceEvents } from './routes/workspaces/events.ts';
import { registerLaunchWorkspace } from './routes/workspaces/launch.ts';
import { registerListWorkspaces } from './routes/workspaces/list.ts';
import { registerNextflowConfig } from './routes/workspaces/nextflow-config.ts';
import { registerPlanWorkspace } from './routes/workspaces/plan.ts';
import { registerRetryWorkspace } from './routes/workspaces/retry.ts';
import { registerRotateWorkspace } from './routes/workspaces/rotate.ts';
import { registerShowWorkspace } from './routes/workspaces/show.ts';
import { registerTerminateWorkspace } from './routes/workspaces/terminate.ts';
import { ProblemBody } from './schemas.ts';

export const registerRoutes = (app: App, deps: ApiDeps): void => {
  registerHealth(app, deps);
  registerMetrics(app, deps);
  registerDocument(app, deps);

  registerLaunchWorkspace(app, deps);
  registerPlanWorkspace(app, deps);
  registerListWorkspaces(app, deps);
  registerShowWorkspace(app, deps);
  registerWorkspaceEvents(app, deps);
  registerClaimCredentials(app, deps);
  registerWorkspaceCredentials(app, deps);
  registerNextflowConfig(app, deps);
  registerTerminateWorkspace(app, deps);
  registerRotateWorkspace(app, deps);
  registerRetryWorkspace(app, deps);
  registerAbandonStep(app, deps);
  registerHatcheryLaunch(app, deps);
  registerHatcheryTerminate(app, deps);
  registerHatcheryExpected(app, deps);
  registerHatcheryNextflowConfig(app, deps);
  registerListSchedules(app, deps);
  registerSteerSchedules(app, deps);
  registerStartSweep(app, deps);
  registerLatestSweep(app, deps);
  registerListKeyHolders(app, deps);
  registerShowKeyHolder(app, deps);
  registerRemoveKeyHolder(app, deps);
  registerCompute(app, deps);
  registerStorage(app, deps);
  registerTes(app, deps);
};

const registerCompute = (app: App, deps: ApiDeps): void => {
  registerCreateCompute(app, deps);
  registerPlanCompute(app, deps);
  registerListCompute(app, deps);
  registerShowCompute(app, deps);
  registerComputeEvents(app, deps);
  registerUpdateCompute(app, deps);
  registerDisposeCompute(app, deps);
  registerComputeState(app, deps);
  registerRepairCompute(app, deps);
  registerExportCompute(app, deps);
  registerComputeNextflowConfig(app, deps);
  registerComputePolicies(app, deps);
  registerSeqeraService(app, deps);
  registerSeqeraLabels(app, deps);
  registerSeqeraComputeEnvs(app, deps);
  registerSeqeraComputeEnv(app, deps);
  registerSeqeraState(app, deps);
};

const registerTes = (app: App, { tes }: ApiDeps): void => {
  // Before anything is made of a request.
  app.use('/ga4gh/*', async (_c, next) => {
    requireTes(tes);
    await next();
  });
  registerTesServiceInfo(app, tes);
  registerCreateTask(app, tes);
  registerListTasks(app, tes);
  registerShowTask(app, tes);
  registerCancelTask(app, tes);
};

const registerStorage = (app: App, all: ApiDeps): void => {
  const { storage, authenticate, awsEndpoint, lookEveryMs, ending, log } = all;
  if (!storage) return;
  const deps = { ...storage, authenticate, awsEndpoint };
  registerStorageSession(app, deps);
  registerRevokeStorageSessions(app, deps);
  registerStorageSetup(app, deps);
  registerStorageInfo(app, deps);
  registerUserBucket(app, deps);
  registerStorageNextflowConfig(app, deps);
  registerContainerCredentials(app, deps);
  registerListStorage(app, deps);
  registerShowStorage(app, deps);
  registerRemoveStorage(app, deps);
  registerStorageEvents(app, { ...deps, lookEveryMs, ending, log });
  registerRetryStorage(app, deps);
  registerAbandonStorageStep(app, deps);
  registerUserKeys(app, deps, all);
};

const registerDocument = (app: App, { version, publicUrl }: ApiDeps): void => {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'workspaceToken', {
    type: 'apiKey',
    in: 'header',
    name: 'authorization',
    description: 'The token of a workspace, as its claim hands it out',
  });
  // Answers refer to them by name.
  app.openAPIRegistry.register('Problem', ProblemBody);
  app.openAPIRegistry.register('SeqeraError', SeqeraError);
  let made: { readonly url: string; readonly text: string } | undefined;
  app.get('/openapi.json', (c) => {
    const url = publicUrl();
    // The address is known once the API listens; from then on the document stays what it is.
    if (made?.url !== url) made = { url, text: JSON.stringify(createDocument(app, version.version, url)) };
    return c.body(made.text, 200, { 'content-type': 'application/json' });
  });
  registerDocs(app);
};
