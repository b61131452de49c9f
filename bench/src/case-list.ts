import type { Case } from './case.ts';
import { backupCases } from './cases/backup.ts';
import { busyMemoryCases } from './cases/busy-memory.ts';
import { consumeCases } from './cases/consume.ts';
import { duplexCases } from './cases/duplex.ts';
import { fanOutCases } from './cases/fan-out.ts';
import { groupCases } from './cases/groups.ts';
import { growingConnectionsCases } from './cases/growth-connections.ts';
import { growingLogCases } from './cases/growth-log.ts';
import { growingPartitionsCases } from './cases/growth-partitions.ts';
import { latencyCases } from './cases/latency.ts';
import { produceCases } from './cases/produce.ts';
import { scrapeCases } from './cases/scrape.ts';
import { securityCases } from './cases/security.ts';
import { singleSendCases } from './cases/single-sends.ts';
import { startupCases } from './cases/startup.ts';
import { transactionCases } from './cases/transactions.ts';
import type { Profile } from './profile.ts';
import type { RunContext } from './run-context.ts';

/** In the order in which they run. */
export function allCases(context: RunContext): Case[] {
  return [
    produceCases,
    consumeCases,
    fanOutCases,
    duplexCases,
    singleSendCases,
    latencyCases,
    groupCases,
    startupCases,
    backupCases,
    busyMemoryCases,
    growingPartitionsCases,
    growingConnectionsCases,
    growingLogCases,
    scrapeCases,
    securityCases,
    transactionCases,
  ].flatMap((casesOf) => casesOf(context));
}

/** `group: name`, by which people choose cases. */
export function caseKey({ group, name }: { readonly group: string; readonly name: string }): string {
  return `${group}: ${name}`;
}

/**
 * Those whose key, or that of one of their readings, is one of the texts, or contains one that is nobody's whole key;
 * all without any.
 */
export function chosenCases(cases: readonly Case[], only: readonly string[]): Case[] {
  if (only.length === 0) return [...cases];
  const allKeys = new Set(cases.flatMap(keysOf));
  const isChosen = (key: string): boolean =>
    only.some((text) => (allKeys.has(text) ? key === text : key.includes(text)));
  return cases.filter((subject) => keysOf(subject).some(isChosen));
}

function keysOf(subject: Case): string[] {
  return [subject, ...(subject.readings ?? [])].map(({ name }) => caseKey({ group: subject.group, name }));
}

export function roundsOf(subject: Case, profile: Profile): number {
  return subject.rounds ?? profile.rounds;
}

/** Two processes that start, and end, around what is measured. */
const processesMs = 600;

/** How long a case will take, about. */
export function estimatedMs(subject: Case, profile: Profile): number {
  const { prepareMs, runMs } = subject.estimate ?? {
    prepareMs: 0,
    runMs: processesMs + profile.warmUpMs + profile.measureMs,
  };
  return prepareMs + roundsOf(subject, profile) * subject.variants.length * runMs;
}
