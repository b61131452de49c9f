import type { Producer, ProducerOptions, Q, QError } from '@q/client';
import type { Progress } from '../output/progress.ts';
import { Latencies } from './latencies.ts';
import { Pace } from './pace.ts';
import type { PaceOptions } from './pace.ts';
import { Payload } from './payload.ts';

/** What is sent, and how fast. */
export interface SendPlan extends PaceOptions {
  readonly size: number;
  readonly compression: NonNullable<ProducerOptions['compression']>;
  readonly topic: string;
  readonly progress: Progress;
}

export interface SendResult {
  readonly records: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** From when a record was due to its acknowledgement. */
  readonly acknowledged: Latencies;
  /** How durable an acknowledged record is. */
  readonly durability: string;
}

/** So many records have one whose acknowledgement is timed: a promise for each would be what is measured. */
const sampleEvery = 64;
/** A record at a time is timed, where there is time for it. */
const sampleAllRateMax = 20_000;

/** Sends records as fast as they are due. @throws QError the first record that could not be stored */
export async function sendRecords(q: Q, plan: SendPlan): Promise<SendResult> {
  const failures: QError[] = [];
  const producer = q.producer({ compression: plan.compression, onError: (error) => void failures.push(error) });
  const payload = new Payload(plan.size);
  const acknowledged = new Latencies();
  const pace = new Pace(plan);
  const every = plan.rate !== undefined && plan.rate <= sampleAllRateMax ? 1 : sampleEvery;
  const outcome = { durability: 'unknown' };
  const startMs = performance.now();
  for (;;) {
    const next = pace.next();
    const dueMs = next instanceof Promise ? await next : next;
    if (dueMs === null || failures.length > 0) break;
    const value = payload.next();
    let mayGoOn = true;
    if (every === 1 || pace.given % every === 1)
      void timed(producer, plan, { value, dueMs, acknowledged, outcome }).catch((error: QError) =>
        failures.push(error),
      );
    else mayGoOn = producer.enqueue(plan.topic, { value });
    if (!mayGoOn) await producer.ready();
    // Not for each record: it looks at the clock.
    if (mayGoOn && next === dueMs) continue;
    plan.progress.update({
      records: pace.given,
      bytes: pace.given * plan.size,
      ...(plan.records !== undefined && { of: plan.records }),
    });
  }
  await producer.close();
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const durationMs = performance.now() - startMs;
  return { records: pace.given, bytes: pace.given * plan.size, durationMs, acknowledged, ...outcome };
}

async function timed(
  producer: Producer,
  { topic }: SendPlan,
  o: { value: Buffer; dueMs: number; acknowledged: Latencies; outcome: { durability: string } },
): Promise<void> {
  const { durability } = await producer.send(topic, { value: o.value });
  o.acknowledged.add(performance.now() - o.dueMs);
  o.outcome.durability = durability;
}
