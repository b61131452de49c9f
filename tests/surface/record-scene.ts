import { QError, topic } from '@q/client';
import type { BytesIn, Producer, ProducerRecord, SendResult, Topic } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import { isAccepted, isBytes, record as isRecord } from './accepted.ts';
import { describeValue, hostileValue } from './hostile-values.ts';
import { outcomeOf, turns } from './stage.ts';
import type { Outcome, Stage } from './stage.ts';
import { judge, judgeRefusal } from './verdict.ts';

interface Sent {
  readonly record: ProducerRecord;
  readonly value: string;
  readonly outcome: Promise<Outcome>;
}

type Target = string | Topic<BytesIn, BytesIn, unknown, unknown>;

const partitions = 2;

/** With a schema that takes its time, so that records wait for it. */
function slowTexts(name: string): Target {
  const schema = {
    '~standard': { version: 1 as const, vendor: 'q-tests', validate: async (value: unknown) => ({ value }) },
  };
  return topic(name, { value: schema, valueCodec: 'string' }) as unknown as Target;
}

const fieldsOfRecord = ['key', 'value', 'headers', 'partition', 'timestampMs', 'messageId'] as const;

/**
 * Right and wrong records in turn, by every way in, before the topic is known and after, into a buffer that is full now
 * and then. Wrong ones are refused alone; right ones come out as they went in, each once; and every partition goes on.
 */
export async function recordScene(stage: Stage, random: SeededRandom): Promise<string[]> {
  const name = await stage.newTopic(partitions);
  const target = random.pick<Target>([name, name, topic(name), slowTexts(name)]);
  const problems: string[] = [];
  const producer = stage.q.producer({
    compression: random.pick(['none', 'none', 'gzip', 'zstd']),
    maxBufferedBytes: random.pick([512, 4_096, 1 << 20]),
    maxInFlight: random.between(1, 5),
    onError: () => undefined,
  });
  const sent: Sent[] = [];
  for (let left = random.between(5, 60); left > 0; left -= 1) {
    if (random.chance(0.3)) problems.push(...(await refuse(producer, target, random)));
    else sent.push(...send(producer, target, { random, from: sent.length }));
    if (random.chance(0.2)) await turns(1);
  }
  const flushed = judge(await outcomeOf(() => producer.flush()));
  if (flushed !== null) problems.push(`flush: ${flushed}`);
  const taken: Sent[] = [];
  for (const one of sent) {
    const outcome = await one.outcome;
    if (isFull(outcome)) continue;
    taken.push(one);
    const problem = refusalOf(outcome);
    if (problem !== null) problems.push(`a right record (${one.value}) was not taken: ${problem}`);
  }
  for (let partition = 0; partition < partitions; partition += 1) {
    const problem = judge(await outcomeOf(() => producer.send(target, { partition, value: 'last' })));
    if (problem !== null) problems.push(`partition ${partition} stopped working: ${problem}`);
  }
  const closed = judge(await outcomeOf(() => producer.close()));
  if (closed !== null) problems.push(`close: ${closed}`);
  return [...problems, ...(await compare(stage, name, taken))];
}

/** `enqueue` says so of a record that it did not take, right or wrong. */
function isFull(outcome: Outcome): boolean {
  return (
    typeof outcome === 'object'
    && 'thrown' in outcome
    && QError.is(outcome.thrown)
    && outcome.thrown.code === 'BUFFER_FULL'
  );
}

function refusalOf(outcome: Outcome): string | null {
  if (typeof outcome === 'object' && 'thrown' in outcome) return judge(outcome) ?? String(outcome.thrown);
  return judge(outcome);
}

/** One to three records, by one of the ways in. */
function send(producer: Producer, to: Target, { random, from }: { random: SeededRandom; from: number }): Sent[] {
  const way = random.below(3);
  if (way === 0) {
    const one = rightRecord(random, from, to);
    return [{ ...one, outcome: outcomeOf(() => producer.send(to, one.record)) }];
  }
  if (way === 1) {
    const one = rightRecord(random, from, to);
    // Its memory may be used again at once.
    const outcome = outcomeOf(() => producer.enqueue(to, one.record));
    return [{ ...one, outcome }];
  }
  const some = Array.from({ length: random.between(1, 3) }, (_, index) => rightRecord(random, from + index, to));
  const outcome = outcomeOf((): Promise<SendResult[]> =>
    producer.sendBatch(
      to,
      some.map(({ record }) => record),
    ),
  );
  return some.map((one) => ({ ...one, outcome }));
}

function rightRecord(random: SeededRandom, number: number, to: Target): { record: ProducerRecord; value: string } {
  const value = `${number}:${'x'.repeat(random.below(random.chance(0.1) ? 2_000 : 40))}`;
  return {
    value,
    record: {
      value: random.chance(0.5) || (typeof to === 'object' && to.valueSerde !== null) ? value : Buffer.from(value),
      ...(random.chance(0.5) && { key: random.chance(0.5) ? `k${number}` : Buffer.from(`k${number}`) }),
      ...(random.chance(0.3) && {
        headers: random.chance(0.5)
          ? { a: 'ä', b: null }
          : [
              { key: 'a', value: Buffer.from('ä') },
              { key: 'b', value: null },
            ],
      }),
      ...(random.chance(0.3) && { partition: random.below(partitions) }),
      ...(random.chance(0.3) && { timestampMs: 1_700_000_000_000 + number }),
      ...(random.chance(0.1) && { messageId: `id-${number}` }),
    },
  };
}

async function refuse(producer: Producer, to: Target, random: SeededRandom): Promise<string[]> {
  const { record, names, what } = wrongRecord(random, { isSlow: typeof to === 'object' && to.valueSerde !== null });
  const way = random.below(3);
  const outcome = await outcomeOf((): unknown => {
    if (way === 0) return producer.send(to, record as ProducerRecord);
    if (way === 1) return producer.enqueue(to, record as ProducerRecord);
    return producer.sendBatch(to, [{ value: 'must not be stored' }, record as ProducerRecord]);
  });
  const problem = isFull(outcome) ? null : judgeRefusal(outcome, names);
  return problem === null ? [] : [`a record with ${what}, by way ${way}: ${problem}`];
}

function wrongRecord(
  random: SeededRandom,
  { isSlow }: { isSlow: boolean },
): { record: unknown; names: readonly string[]; what: string } {
  for (;;) {
    const value = hostileValue(random);
    if (random.chance(0.2)) {
      if (!isAccepted(isRecord, value))
        return { record: value, names: ['record'], what: `${describeValue(value)} for itself` };
      continue;
    }
    if (random.chance(0.3)) return { record: { key: 'k', valu: value }, names: ['valu'], what: 'a field valu' };
    const field = random.pick(fieldsOfRecord);
    // Its schema says so later.
    if (field === 'value' && isSlow) continue;
    if (isWrong(field, value))
      return {
        record: { value: 'must not be stored', [field]: value },
        names: [field],
        what: `${describeValue(value)} for ${field}`,
      };
    if (!isWrong('value', value) || value === undefined) continue;
    const headers = random.chance(0.5)
      ? { good: 'x', a: value }
      : [{ key: 'good', value: 'x' }, random.chance(0.5) ? { key: 'a', value } : { key: value, value: 'v' }];
    if (typeof value !== 'string')
      return {
        record: { value: 'must not be stored', headers },
        names: ['headers'],
        what: `${describeValue(value)} in its headers`,
      };
  }
}

function isWrong(field: (typeof fieldsOfRecord)[number], value: unknown): boolean {
  if (value === undefined) return false;
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
  // One that is not there is refused by the topic, when the others of a batch are on their way.
  if (field === 'partition') return !isCount;
  if (field === 'timestampMs') return !isCount;
  if (field === 'messageId') return typeof value !== 'string' || value === '' || value.length > 1_024;
  if (field === 'headers') return !isAccepted(mayBeHeaders, value);
  return !isAccepted(isBytes, value);
}

function mayBeHeaders(value: unknown): boolean {
  return (
    typeof value === 'object'
    && value !== null
    && !(value instanceof Map || value instanceof Promise || value instanceof Uint8Array)
  );
}

/** What is stored against what was taken. */
async function compare(stage: Stage, name: string, sent: readonly Sent[]): Promise<string[]> {
  const wanted = new Map(sent.map(({ record, value }) => [value, record]));
  const problems: string[] = [];
  for await (const { partition, key, value, headers, timestampMs } of stage.q.consumer(name, { stopAtEnd: true })) {
    const text = String(value);
    if (text === 'last') continue;
    const record = wanted.get(text);
    wanted.delete(text);
    if (record === undefined) {
      problems.push(`a record that nobody sent, or sent once, is stored: ${text}`);
      continue;
    }
    const stored = {
      key: key?.toString(),
      headers: headers
        .filter((header) => header.key === 'a' || header.key === 'b')
        .map((header) => `${header.key}=${String(header.value)}`)
        .join(),
    };
    const given = { key: record.key?.toString(), headers: record.headers === undefined ? '' : 'a=ä,b=null' };
    if (JSON.stringify(stored) !== JSON.stringify(given))
      problems.push(`a record changed on its way: ${JSON.stringify(given)} to ${JSON.stringify(stored)}`);
    if (record.partition !== undefined && record.partition !== partition)
      problems.push(`a record of partition ${record.partition} is in ${partition}`);
    if (record.timestampMs !== undefined && record.timestampMs !== timestampMs)
      problems.push(`a record of ${record.timestampMs} is of ${timestampMs}`);
  }
  for (const value of wanted.keys()) problems.push(`a record that was taken is not there: ${value}`);
  return problems;
}
