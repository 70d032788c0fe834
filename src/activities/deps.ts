/** What activities work with. Built by the worker's root; nothing below it reads configuration. */
import type { Client } from '@temporalio/client';
import type { Aws } from '#aws/clients.ts';
import type { Control } from '#control/control.ts';
import type { SlotCount, SlotKind } from '#domain/core/slots.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { ArboristAdmin } from './arborist/client.ts';

export interface ActivityDeps {
  readonly aws: Aws;
  readonly control: Control;
  readonly timing: Timing;
  /** For what other workflows own: slots and the foundation. */
  readonly temporal: Client;
  /** This worker ends what it does as soon as it well can. Default: never. */
  readonly isStopping?: () => boolean;
  /** Gen3's policy engine; undefined where there is none. */
  readonly arborist?: ArboristAdmin | undefined;
  /** Told of the places of an account whenever they are counted. Default: nobody is. */
  readonly slotsCounted?: (account: string, counts: Readonly<Record<SlotKind, SlotCount>>) => void;
}
