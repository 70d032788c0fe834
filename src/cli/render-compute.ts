/** A compute environment for a person to read. */
import { isForgeId } from '#domain/compute/names.ts';
import type { ComputeView } from '#domain/compute/view.ts';
import type { ApiClient } from './api-client.ts';
import { findById, findByName } from './find-subject.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';
import { commonForms } from './subject-name.ts';

/** Of what was deleted, what it had is of no use any more. */
const isThere = ({ status }: ComputeView): boolean => status !== 'DELETED';

const render = (view: ComputeView): string => {
  const { labels, retained, config } = view;
  const [pools, canaries] = isThere(view) ? [view.outputs?.pools ?? [], view.canaries] : [[], []];
  const shareIdentifier = isThere(view) ? (view.outputs?.shareIdentifier ?? null) : null;
  return renderSubject(view, {
    kind: PLACE.kind,
    before: [
      ['compute environment', view.id],
      ['name', view.description === null ? view.name : `${view.name} (${view.description})`],
      ['account', `${view.account} ${view.region}`],
      ['status', `${view.status}${view.primary ? ', primary' : ''}`],
    ],
    after: [
      ...(view.message !== null && view.error === null ? [['message', view.message]] : []),
      ...(config.eyrie.tenantOf ? [['tenant of', config.eyrie.tenantOf]] : []),
      ['work directory', config.workDir],
      ...Object.entries(labels).map(([label, value]) => ['label', `${label}=${value}`]),
      ...pools.map(({ label, queue }) => [
        'queue',
        label === null ? queue.name : `${queue.name} for the label ${label}`,
      ]),
      ...(shareIdentifier === null ? [] : [['share', shareIdentifier]]),
      ...canaries.map(({ queue, state, reason }) => [
        'canary',
        `${queue} ${state}${reason === null ? '' : `: ${reason}`}`,
      ]),
      ...retained.map(({ type, id, name, reason }) => ['kept', `${type} ${name ?? id ?? ''}: ${reason}`]),
    ],
  });
};

const PLACE = { kind: 'compute-environment', path: '/v1/compute-environments' } as const;
/** Shows the newest that has it. */
const BY_ALIAS = { ...PLACE, path: `${PLACE.path}/by-alias` };

/** Its name, its alias, or the id that stands in the names of all that it consists of. */
const find = async (api: ApiClient, name: string): Promise<string | undefined> => {
  const forgeId = name.split('-').find(isForgeId);
  const found = forgeId === undefined ? undefined : await findById(api, PLACE, forgeId);
  return found ?? (await findByName(api, PLACE, name)) ?? (await findById(api, BY_ALIAS, name));
};

export const NAMED = 'the compute environment: its id, its name, its alias, its forge id, or an address that shows it';

export const COMPUTE: ShownKind<ComputeView> = {
  ...PLACE,
  event: 'compute-environment',
  forms: [
    'its name, or its alias',
    'its forge id, or a name in AWS that holds it (TowerForge-<forge id>-work)',
    ...commonForms(PLACE.kind, PLACE.path, '<forge id>'),
  ],
  find,
  render,
};
