/** The image's health check: ends with 0 where whatever serves on port 8080 of this container says that it lives. */
const URL_OF = process.env.EYRIE_HEALTH_URL ?? 'http://127.0.0.1:8080/health/live';
const WITHIN_MS = 5_000;

const lives = await fetch(URL_OF, { signal: AbortSignal.timeout(WITHIN_MS) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(lives ? 0 : 1);
