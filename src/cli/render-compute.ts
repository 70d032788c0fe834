/** A compute environment for a person to read. */
import type { ComputeView } from '#domain/compute/view.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';

/** Of what was deleted, what it had is of no use any more. */
const isThere = ({ status }: ComputeView): boolean => status !== 'DELETED';

const render = (view: ComputeView): string => {
  const { labels, retained, config } = view;
  const [pools, canaries] = isThere(view) ? [view.outputs?.pools ?? [], view.canaries] : [[], []];
  return renderSubject(view, {
    before: [
      ['compute environment', view.id],
      ['name', view.description === null ? view.name : `${view.name} (${view.description})`],
      ['account', `${view.account} ${view.region}`],
      ['status', `${view.status}${view.primary ? ', primary' : ''}`],
    ],
    after: [
      ...(view.message !== null && view.error === null ? [['message', view.message]] : []),
      ['work directory', config.workDir],
      ...Object.entries(labels).map(([label, value]) => ['label', `${label}=${value}`]),
      ...pools.map(({ label, queue }) => [
        'queue',
        label === null ? queue.name : `${queue.name} for the label ${label}`,
      ]),
      ...canaries.map(({ queue, state, reason }) => [
        'canary',
        `${queue} ${state}${reason === null ? '' : `: ${reason}`}`,
      ]),
      ...retained.map(({ type, id, name, reason }) => ['kept', `${type} ${name ?? id ?? ''}: ${reason}`]),
    ],
  });
};

export const COMPUTE: ShownKind<ComputeView> = {
  path: '/v1/compute-environments',
  event: 'compute-environment',
  watched: 'eyrie compute watch',
  render,
};
