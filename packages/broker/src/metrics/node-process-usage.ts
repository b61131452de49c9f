import type { ProcessUsage } from './process-usage.ts';

/** The usage of this process, as the system counts it. */
export function nodeProcessUsage(): ProcessUsage {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    bufferBytes: arrayBuffers,
    cpuUserMs: Math.round(user / 1000),
    cpuSystemMs: Math.round(system / 1000),
  };
}
