/**
 * Does a service still have what it was sent? Only the members that were sent are compared: a describe shows more than
 * that, defaults and facts of the service's own, and what it shows grows from year to year. Taken for drift, such a
 * member would be "repaired" by each launch, at the price of all workers.
 */
export const holdsWhatWasSent = (sent: unknown, found: unknown): boolean => {
  if (Array.isArray(sent)) return Array.isArray(found) && sent.length === found.length && isPairing(sent, found);
  if (typeof sent === 'object' && sent !== null) {
    return (
      typeof found === 'object' &&
      found !== null &&
      Object.entries(sent).every(
        ([member, value]) =>
          value === undefined || holdsWhatWasSent(value, (found as Readonly<Record<string, unknown>>)[member]),
      )
    );
  }
  return sent === found;
};

/**
 * Lists have no order: each element that was sent has one of its own. The first that fits may be the only one that fits
 * another element, which then takes it over while the first looks for the next.
 */
const isPairing = (sent: readonly unknown[], found: readonly unknown[]): boolean => {
  const holders = new Map<number, number>();
  const place = (nth: number, asked: Set<number>): boolean =>
    found.some((candidate, at) => {
      if (asked.has(at) || !holdsWhatWasSent(sent[nth], candidate)) return false;
      asked.add(at);
      const holder = holders.get(at);
      if (holder !== undefined && !place(holder, asked)) return false;
      holders.set(at, nth);
      return true;
    });
  return sent.every((_, nth) => place(nth, new Set()));
};

/** Nothing: absent, or a list or an object that holds nothing, at any depth. */
export const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.values(value).every(isNothing));
