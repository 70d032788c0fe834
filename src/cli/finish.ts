/** The end of a command that started something: shows it at once, or follows it to its end. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { ApiClient } from './api-client.ts';
import type { ConnectOptions } from './connect.ts';
import { print, printJson } from './output.ts';
import { renderWorkspace } from './render-workspace.ts';
import { requireSuccess, waitForEnd } from './wait.ts';

export interface FinishOptions extends ConnectOptions {
  /** False: return as soon as it has started. */
  readonly wait: boolean;
}

/** @throws CliError where the operation that was followed has failed */
export const finish = async (api: ApiClient, started: WorkspaceView, options: FinishOptions): Promise<void> => {
  if (!options.wait) {
    if (options.json) printJson(started);
    else print(renderWorkspace(started));
    return;
  }
  const ended = await waitForEnd(api, started.id, options.json === true);
  if (!options.json) print(renderWorkspace(ended));
  requireSuccess(ended);
};
