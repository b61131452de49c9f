import { homedir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../machine.ts';
import type { BenchOptions } from '../options.ts';
import { PeerComparison } from './compare.ts';
import type { Contender } from './compare.ts';
import { kafka } from './kafka.ts';
import { nats } from './nats.ts';
import { PeerMissing } from './peer.ts';
import type { Peer } from './peer.ts';
import { peersProfiles } from './profile.ts';
import { product, productInterval } from './q.ts';
import { rabbitmq } from './rabbitmq.ts';
import { redis } from './redis.ts';
import { formatPeers } from './report.ts';
import type { Guest, PeersReport } from './report.ts';

const peers: readonly Peer[] = [kafka, nats, redis, rabbitmq];

/** Measures the product and its peers in turn; what cannot be had is left out, and said. */
export async function comparePeers(
  options: BenchOptions,
  beforeRun: () => Promise<void>,
): Promise<{ report: PeersReport; markdown: string }> {
  const { directory, only } = options;
  endServersWithThis();
  const profile = {
    ...peersProfiles[options.profile.name === 'quick' ? 'quick' : 'full'],
    ...(options.roundsGiven === null ? {} : { rounds: options.roundsGiven }),
  };
  const wanted = peers.filter(
    ({ name }) => only.length === 0 || only.some((text) => name.toLowerCase().includes(text.toLowerCase())),
  );
  const guests: Guest[] = [];
  const contenders: Contender[] = [];
  for (const peer of [product, productInterval, ...wanted]) {
    say(`${peer.name}: finds or fetches its programs`);
    try {
      const installed = await peer.install(options.peersFolder ?? defaultPeersFolder());
      contenders.push({ peer, installed });
      guests.push({ peer, version: installed.version, missing: null });
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      say(`${peer.name} is left out: ${error.message}`);
      guests.push({ peer, version: null, missing: error.message });
    }
  }
  const comparison = await new PeerComparison({ profile, directory, onRun: say, beforeRun }).run(contenders);
  const report = { machine: await describeMachine(directory), profile, guests, ...comparison };
  return { report, markdown: formatPeers(report) };
}

/** A server and a folder for each peer, and some for what else is under way. */
const exitListenersMax = 32;

/** A signal ends a process without `exit`, on which the servers are ended. */
export function endServersWithThis(): void {
  process.setMaxListeners(exitListenersMax);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code));
}

/** Where the programs of others are kept. */
export function defaultPeersFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'q-bench-peers');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
