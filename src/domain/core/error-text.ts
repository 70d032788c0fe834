/** An error with all that led to it, in one line: Temporal's SDK tells the reason in the cause alone. */
export const errorText = (error: unknown): string => {
  const messages: string[] = [];
  for (let one = error; one !== undefined && one !== null; one = (one as Error).cause) {
    const message = one instanceof Error ? one.message : String(one);
    if (!messages.includes(message)) messages.push(message);
    if (!(one instanceof Error)) break;
  }
  return messages.join(': ');
};
