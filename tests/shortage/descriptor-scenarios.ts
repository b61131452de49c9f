import { spawnSync } from 'node:child_process';
import { connect as dial } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, QError } from '@q/client';
import type { Scenario } from './scenario.ts';
import { ShortBroker } from './short-broker.ts';

const through = (descriptors: number): readonly string[] => ['prlimit', `--nofile=${descriptors}:${descriptors}`];
/** Out of descriptors, a send is refused, or has no answer in time. */
const expectedRefusals = ['STORAGE_FULL', 'DELIVERY_TIMED_OUT', 'REQUEST_TIMED_OUT', 'BROKER_BUSY'];

/** More partitions than descriptors: everything works, again and again. */
function fewAtStart(descriptors: number, partitions: number): Scenario {
  return {
    name: `${descriptors} descriptors for ${partitions} partitions, from the start`,
    needs: 'prlimit',
    async run(expect) {
      await using short = await ShortBroker.make();
      await short.start();
      await short.createTopic(partitions);
      expect('write with plenty', await short.writeAll());
      expect('stop with plenty', await short.stop());
      await short.start({ through: through(descriptors) });
      expect('read', await short.compare());
      expect('write', await short.writeAll());
      expect('write again', await short.writeAll());
      expect('a probe', await probe(short));
      expect('more partitions than its budget', await isRefused(short, 'TOPIC_LIMIT'));
      expect('stop', await short.stop());
      await short.start({ through: through(descriptors) });
      expect('write after a stop', await short.writeAll());
      await short.kill();
      await short.start({ through: through(descriptors) });
      expect('read after a kill', await short.compare());
      expect('the last stop', await short.stop());
    },
  };
}

/** Fewer than any broker has open: whatever it closes, it cannot open anything. */
const none = 20;
/** More than the journal takes: each partition's own file is written and synced. */
const large = { bytes: 300 << 10 };

/** Not one more from one moment to the next, then as many as before. */
function noneInTheMiddle(partitions: number): Scenario {
  return {
    name: `no more descriptors in the middle, with ${partitions} partitions`,
    needs: 'prlimit',
    async run(expect) {
      await using short = await ShortBroker.make();
      await short.start({ through: ['prlimit', '--nofile=256:256'] });
      await short.createTopic(partitions);
      {
        await using q = await connect(short.broker.url);
        expect('write before', refused(await short.write(q, large)));
        await limit(short, none);
        const refusals = await short.write(q, large);
        const strange = refusals.filter((code) => !expectedRefusals.includes(code));
        if (strange.length > 0) expect('write without', `refused with ${[...new Set(strange)].join(', ')}`);
        await limit(short, 256);
        expect('write afterwards', refused(await short.write(q)));
        expect('an alert', await wasTold(short, 'descriptors.short'));
      }
      expect('read afterwards', await short.compare());
      // In whichever way: it ends, and starts again.
      await limit(short, none);
      await Promise.race([short.broker.stop(), pause(3_000)]);
      await short.kill();
      await short.start();
      expect('read after a stop without', await short.compare());
      expect('stop', await short.stop());
    },
  };
}

/** `closeTimeoutMs` of the broker, what its program grants beyond it, and a little for a machine that is busy. */
const stopMsMax = 10_000 + 5_000 + 5_000;

/** Fewer than are open, and asked to stop: it does, in whichever way, and has everything. */
function fewerAtStop(descriptors: number, partitions: number): Scenario {
  return {
    name: `lowered to ${descriptors} descriptors with ${partitions} partitions, then stopped`,
    needs: 'prlimit',
    async run(expect) {
      await using short = await ShortBroker.make();
      await short.start({ through: through(256) });
      await short.createTopic(partitions);
      {
        // One after the other, so that the journal takes none: each partition keeps its file open, and owes what a stop
        // saves.
        await using q = await connect(short.broker.url);
        expect('write', refused(await short.write(q, { inTurn: true })));
      }
      const before = await short.descriptors();
      if (before <= descriptors) expect('the scenario', `only ${before} were open`);
      await limit(short, descriptors);
      expect('stop', await short.ends(stopMsMax));
      await short.start();
      expect('read after a stop without', await short.compare());
      expect('the last stop', await short.stop());
    },
  };
}

/** Fewer than are open: what it keeps at hand goes, and whoever comes is served. */
function fewerWhileItRuns(descriptors: number, partitions: number): Scenario {
  return {
    name: `lowered to ${descriptors} descriptors with ${partitions} partitions`,
    needs: 'prlimit',
    async run(expect) {
      await using short = await ShortBroker.make();
      await short.start({ through: through(1_000) });
      await short.createTopic(partitions);
      // It stays, as it would give its own descriptors back.
      await using q = await connect(short.broker.url);
      expect('write with plenty', refused(await short.write(q, large)));
      const before = await short.descriptors();
      if (before <= descriptors) expect('the scenario', `only ${before} were open`);
      await limit(short, descriptors, 1_000);
      for (const round of [1, 2]) {
        expect(`a new client, ${round}`, await comes(short));
        expect(`write, ${round}`, await short.writeAll());
        expect(`a probe, ${round}`, await probe(short));
      }
      expect('read', await short.compare());
      expect('stop', await short.stop());
    },
  };
}

/** Two rounds of the broker's maintenance, in which it looks at the limit. */
const noticedMsMax = 20_000;

async function comes({ broker }: ShortBroker): Promise<string | null> {
  for (const until = performance.now() + noticedMsMax; ;) {
    try {
      await using q = await connect(broker.url);
      await q.admin.listTopics();
      return null;
    } catch (error) {
      if (performance.now() > until) return String(error);
    }
    await pause(100);
  }
}

/** Silent connections from one address, again and again, take neither a probe nor another client its place. */
function silentCrowd(sockets: number): Scenario {
  return {
    name: `${sockets} silent connections that come again`,
    needs: 'prlimit',
    async run(expect) {
      await using short = await ShortBroker.make();
      await short.start({ through: through(256) });
      await short.createTopic(64);
      const crowd = new Crowd(short.broker.port, sockets);
      try {
        for (let round = 0; round < 3; round += 1) {
          expect('write beside them', await short.writeAll());
          expect('a probe beside them', await probe(short));
          await pause(300);
        }
        expect('descriptors', (await short.descriptors()) > 256 - 16 ? 'nearly all are taken' : null);
      } finally {
        crowd.leave();
      }
      expect('read', await short.compare());
      expect('stop', await short.stop());
    },
  };
}

class Crowd {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #isLeaving = false;

  constructor(port: number, sockets: number) {
    this.#port = port;
    for (let number = 0; number < sockets; number += 1) this.#come();
  }

  leave(): void {
    this.#isLeaving = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #come(): void {
    const socket = dial({ host: '127.0.0.1', port: this.#port, localAddress: '127.0.1.1' });
    this.#sockets.add(socket);
    // Being shown the door is what is asked for; the close that follows counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (!this.#isLeaving) setTimeout(() => (this.#isLeaving ? undefined : this.#come()), 20);
    });
  }
}

async function limit(short: ShortBroker, descriptors: number, hard = 256): Promise<void> {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${short.broker.pid}`, `--nofile=${descriptors}:${hard}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
  await pause(0);
}

function refused(codes: readonly string[]): string | null {
  return codes.length === 0 ? null : `${codes.length} refused: ${[...new Set(codes)].join(', ')}`;
}

async function probe({ broker }: ShortBroker): Promise<string | null> {
  const { status } = await fetch(`${broker.adminUrl}/healthz`, { signal: AbortSignal.timeout(5_000) });
  return status === 200 ? null : `/healthz says ${status}`;
}

/** It is over by now, or is not for sure yet. */
async function wasTold({ broker }: ShortBroker, alert: string): Promise<string | null> {
  const response = await fetch(`${broker.adminUrl}/api/v1/alerts?state=all`, { signal: AbortSignal.timeout(5_000) });
  const { alerts } = (await response.json()) as { alerts: readonly { readonly name: string }[] };
  return alerts.some(({ name }) => name === alert) ? null : `nobody was told: ${JSON.stringify(alerts)}`;
}

async function isRefused({ broker }: ShortBroker, code: string): Promise<string | null> {
  await using q = await connect(broker.url);
  try {
    // More than any budget, in steps that each fit a topic.
    for (let topic = 0; topic < 200; topic += 1) await q.admin.createTopic(`more-${topic}`, { partitions: 150 });
    return 'nothing is refused';
  } catch (error) {
    return QError.is(error) && error.code === code ? null : String(error);
  }
}

export function descriptorScenarios(scale: number): Scenario[] {
  const larger =
    scale > 1
      ? [
          fewAtStart(256, 1_000),
          fewAtStart(1_024, 1_500),
          noneInTheMiddle(400),
          fewerAtStop(36, 400),
          fewerAtStop(45, 200),
        ]
      : [];
  return [
    fewAtStart(128, 150),
    noneInTheMiddle(80),
    fewerAtStop(32, 200),
    fewerAtStop(none, 200),
    fewerWhileItRuns(170, 200),
    silentCrowd(400 * scale),
    ...larger,
  ];
}
