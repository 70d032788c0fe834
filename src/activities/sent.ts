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

/** Lists have no order: each element that was sent has one of its own. */
const isPairing = (sent: readonly unknown[], found: readonly unknown[]): boolean => {
  const left = [...found];
  return sent.every((each) => {
    const at = left.findIndex((candidate) => holdsWhatWasSent(each, candidate));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
};

/** Nothing: absent, or a list or an object that holds nothing, at any depth. */
export const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.values(value).every(isNothing));
