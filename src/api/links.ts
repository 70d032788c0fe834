/** What can be asked next of what an answer shows, as links of OpenAPI: by the shape of the answer. */

export interface Link {
  readonly operationId: string;
  readonly description: string;
  /** Of the operation that it leads to, by name: runtime expressions. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly requestBody?: unknown;
}

/** Where the body of the answer has it. */
const at = (member: string): string => `$response.body#/${member}`;

const BY_ID = { id: at('id') };

/** Of what is made and ended by operations: each kind has the same ones beside its own way to end. */
const lifeOf = (kind: string, end: Pick<Link, 'operationId' | 'description' | 'requestBody'>): readonly Link[] => [
  { operationId: `show${kind}`, description: 'How far it is', parameters: BY_ID },
  { operationId: `follow${kind}`, description: 'How far it is, as it goes on', parameters: BY_ID },
  { ...end, parameters: BY_ID },
  {
    ...{ operationId: `retry${kind}`, description: 'Tries again what waits, or what failed', parameters: BY_ID },
    requestBody: {},
  },
];

const LINKS: Readonly<Record<string, readonly Link[]>> = {
  Workspace: lifeOf('Workspace', {
    ...{ operationId: 'terminateWorkspace', description: 'Ends it' },
    requestBody: { mode: 'dispose' },
  }),
  ComputeEnvironment: lifeOf('ComputeEnvironment', {
    operationId: 'disposeComputeEnvironment',
    description: 'Deletes it',
  }),
  UserStorage: lifeOf('Storage', { operationId: 'deleteStorage', description: 'Deletes it' }),
  KeyHolder: [{ operationId: 'showKeyHolder', description: 'Whether it is gone', parameters: BY_ID }],
  Schedule: [{ operationId: 'listSchedules', description: 'How its runs end' }],
  Sweep: [{ operationId: 'showLatestSweep', description: 'What it has found' }],
  UserKey: [{ operationId: 'deleteUserKey', description: 'Deletes it', parameters: { key_id: at('aws_key_id') } }],
  StorageSession: [{ operationId: 'revokeStorageSessions', description: 'Ends it, with all others', requestBody: {} }],
  SeqeraComputeEnvCreated: [
    { operationId: 'seqeraDescribeComputeEnv', description: 'How far it is', parameters: { id: at('computeEnvId') } },
    { operationId: 'seqeraDeleteComputeEnv', description: 'Deletes it', parameters: { id: at('computeEnvId') } },
  ],
  TesTaskCreated: [
    { operationId: 'tesGetTask', description: 'How far it is', parameters: BY_ID },
    { operationId: 'tesCancelTask', description: 'Cancels it', parameters: BY_ID },
  ],
};

/** Of an answer that shows what was asked for, by the operations that they lead to. Undefined where nothing follows. */
export const linksOf = (schema: { readonly $ref?: string } | undefined): Record<string, Link> | undefined => {
  const links = LINKS[schema?.$ref?.split('/').at(-1) ?? ''];
  return links && Object.fromEntries(links.map((link) => [link.operationId, link]));
};
