/** Collects requests while one batch per key is on its way, and sends them together as the next. */
export const queueByKey = <Key, Request, Answer>(
  nameOf: (key: Key) => string,
  send: (key: Key, requests: readonly Request[]) => Promise<readonly Answer[]>,
): ((key: Key, request: Request) => Promise<Answer>) => {
  interface Waiting {
    readonly request: Request;
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: unknown) => void;
  }
  const queues = new Map<string, { waiting: Waiting[]; sending: boolean }>();

  const drain = async (key: Key, queue: { waiting: Waiting[]; sending: boolean }): Promise<void> => {
    queue.sending = true;
    while (queue.waiting.length > 0) {
      const batch = queue.waiting;
      queue.waiting = [];
      try {
        const answers = await send(
          key,
          batch.map(({ request }) => request),
        );
        batch.forEach(({ resolve, reject }, index) => {
          const answer = answers[index];
          if (answer === undefined) reject(new Error(`got ${answers.length} answers for ${batch.length} requests`));
          else resolve(answer);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queue.sending = false;
    queues.delete(nameOf(key));
  };

  return (key, request) =>
    new Promise<Answer>((resolve, reject) => {
      const name = nameOf(key);
      const queue = queues.get(name) ?? { waiting: [], sending: false };
      queues.set(name, queue);
      queue.waiting.push({ request, resolve, reject });
      if (!queue.sending) void drain(key, queue);
    });
};
