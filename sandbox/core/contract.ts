/**
 * What a service offers to the others. Services know each other by these alone (`services/NAME/contract.ts`), so that
 * two of them can ask each other without importing each other's rules.
 */
export interface Contract<Offer> {
  readonly service: string;
  /** Never there: it carries the type. */
  readonly offer?: Offer;
}

export const contract = <Offer>(service: string): Contract<Offer> => ({ service });
