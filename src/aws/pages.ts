/** Lists come in pages; what matters may stand on the last one. */

export interface Page<Item> {
  readonly items: readonly Item[] | undefined;
  readonly next: string | undefined;
}

/** All items of all pages. `read` gets the token of the page, undefined for the first one. */
export const collect = async <Item>(read: (token: string | undefined) => Promise<Page<Item>>): Promise<Item[]> => {
  const all: Item[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await read(token);
    all.push(...(items ?? []));
    // Some services end with an empty token instead of none.
    token = next || undefined;
  } while (token !== undefined);
  return all;
};
