/**
 * What is written within one turn of the event loop leaves at its end, for all connections one after the other. A write
 * wakes whoever waits at the other end; spread over the turn, they fall asleep again in between, and to wake them costs
 * more than the write.
 */
type Job = () => void;

let jobs: Job[] = [];

/** @param job must not throw */
export const atEndOfTurn = (job: Job): void => {
  if (jobs.push(job) === 1) setImmediate(run);
};

function run(): void {
  const due = jobs;
  jobs = [];
  for (const job of due) job();
}
