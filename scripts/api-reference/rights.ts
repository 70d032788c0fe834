import { type Action, RIGHTS } from '#api/principal.ts';
import { table } from './markdown.ts';

const WORDS: Readonly<Record<Action, string>> = {
  launch: 'launch from a profile',
  chooseAccount: 'launch with a `nextflow` block or a pay model',
  read: 'show, follow, list; the Nextflow configuration',
  claim: 'claim the key',
  terminate: 'park, dispose',
  rotate: 'rotate the key',
  rotateUsed: 'rotate although an earlier key is in use (`force`)',
  seeKeyHolders: 'see who holds access keys',
  removeStorage: "empty or delete somebody's storage",
  removeKeyHolders: 'remove who holds access keys',
  retry: 'retry',
  abandonStep: 'abandon a step',
  schedules: 'see, run, pause, resume schedules',
  compute: 'all that there is to do with compute environments; of service clients, those in `compute.clients`',
  sweeps: 'start sweeps, and see what they found',
  hatcheryLaunch: '`POST /hatchery/launch`',
  hatcheryExpected: '`GET /hatchery/expected`',
};

export const renderRights = (): string =>
  table(
    ['', 'user', 'service client', 'operator'],
    Object.entries(RIGHTS).map(([action, { user, service, operator }]) => [
      WORDS[action as Action],
      ...[user, service, operator],
    ]),
  );
