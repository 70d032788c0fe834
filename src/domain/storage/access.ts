/** What a user is granted in Arborist, as gen3-workflow grants it: their own tasks and their own storage. */
import type { ArboristAccessSpec } from '../resources/access.ts';

const SERVICE = 'gen3-workflow';
const ROOT = `/services/workflow/${SERVICE}`;

/** Who may `create` here may have storage, and run tasks. */
export const TASKS_RESOURCE = `${ROOT}/tasks`;
const STORAGE_RESOURCE = `${ROOT}/storage`;

const ROLE = 'gen3_workflow_admin';

/** @param user `sub` @param username by which Arborist knows them */
export const storageAccess = (user: string, username: string): ArboristAccessSpec => ({
  username,
  resources: [
    { parent: TASKS_RESOURCE, name: user, description: `Tasks of ${username}` },
    { parent: STORAGE_RESOURCE, name: user, description: `Storage of ${username}` },
  ],
  role: { id: ROLE, permissions: [{ id: `${ROLE}_action`, action: { service: SERVICE, method: '*' } }] },
  policy: {
    id: `gen3_workflow_user_sub_${user}`,
    description: `Tasks and storage of ${username}`,
    role_ids: [ROLE],
    resource_paths: [`${TASKS_RESOURCE}/${user}`, `${STORAGE_RESOURCE}/${user}`],
  },
});
