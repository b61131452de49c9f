import type { Job } from './proof-rigs.ts';

/**
 * Runs the jobs in their order, as many at once as there are lanes; then those that must be alone, one after another. A
 * job that fails says so in what `run` gives: the others go on.
 */
export async function schedule<T>(
  jobs: readonly Job[],
  { lanes, run }: { readonly lanes: number; readonly run: (job: Job) => Promise<T> },
): Promise<T[]> {
  const together = jobs.filter(({ isAlone }) => !isAlone);
  const results = new Map<Job, T>();
  const queue = together.values();
  const lane = async (): Promise<void> => {
    for (const job of queue) results.set(job, await run(job));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const job of jobs) if (job.isAlone) results.set(job, await run(job));
  return jobs.map((job) => results.get(job)!);
}
