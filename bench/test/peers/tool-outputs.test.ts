import { describe, expect, it } from 'vitest';
import { missingPackages } from '../../src/peers/install/debian.ts';
import { parseConsumerRate, parseProducerRate } from '../../src/peers/kafka-output.ts';
import { parseRate, parseSendTimes } from '../../src/peers/load-line.ts';
import { parseNatsRate, parseNatsSendTimes } from '../../src/peers/nats-output.ts';
import { parseRedisRate, parseRedisSendTimes } from '../../src/peers/redis-output.ts';

// Each text is what the tool itself wrote.
describe('kafka-producer-perf-test', () => {
  const output = [
    'Warmup first 200000 records. Steady state results will print after the complete test summary.',
    '1000000 records sent, 276548.672566 records/sec (26.37 MB/sec), 145.42 ms avg latency, 558.00 ms max latency, 156 ms 50th, 331 ms 95th, 365 ms 99th, 385 ms 99.9th.',
    '800000 steady state records sent, 338123.415046 records/sec (32.25 MB/sec), 113.36 ms avg latency, 262.00 ms max latency, 128 ms 50th, 233 ms 95th, 250 ms 99th, 262 ms 99.9th.',
  ].join('\n');

  it('gives the rate after the warm-up', () => {
    expect(parseProducerRate(output)).toBe(338123.415046);
  });

  it('is not believed when it did not come to its end', () => {
    expect(() => parseProducerRate(output.split('\n').slice(0, 2).join('\n'))).toThrow('steady rate');
  });
});

describe('kafka-consumer-perf-test', () => {
  const output = [
    'time, threadId, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec',
    '2026-11-24 23:59:59:400, 0, 0.0001, 0.0000, 1, 0.1146, 8191, 533, 0.0002, 1.8762',
    '2026-11-24 23:59:59:628, 0, 19.1, 0.6716, 200501, 7042.2535, 0, 213, 0.6716, 7042.2535',
    '2026-11-25 00:00:00:128, 0, 42.9, 0.8566, 450501, 8982.0359, 0, 334, 0.8566, 8982.0359',
    '2026-11-25 00:00:00:628, 0, 95.3, 0.5762, 1000501, 6042.2961, 0, 331, 0.5762, 6042.2961',
  ].join('\n');

  it('gives the rate from the first fifth to the last line, over midnight too', () => {
    expect(parseConsumerRate(output, 1_000_000)).toBe(800_000);
  });

  it('is not believed when all came within the warm-up', () => {
    expect(() => parseConsumerRate(output.split('\n').slice(0, 3).join('\n'), 1_000_000)).toThrow('too little');
  });
});

describe('nats bench', () => {
  const output =
    '13:08:08 [1] Starting JetStream synchronous publisher, publishing 5,000 messages\n\n'
    + 'NATS JetStream synchronous publisher stats: 8,672 msgs/sec ~ 847 KiB/sec ~ min: 34.66us ~ avg: 115.08us ~ max: 2,050.02us ~ P50: 110.43us ~ P90: 154.41us ~ P99: 1,226.30us ~ P99.9: 1,631.04us\n\n';

  it('gives rate and times, with their thousands separated', () => {
    expect(parseNatsRate(output)).toBe(8672);
    expect(parseNatsSendTimes(output)).toEqual({ p50Ms: 0.11043, p99Ms: 1.2263 });
  });

  it('is not believed without its last line', () => {
    expect(() => parseNatsRate('nats: error: publishing: stalled')).toThrow('nats bench');
  });
});

describe('redis-benchmark', () => {
  const output =
    '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"\n'
    + '"XADD bench * v xxx","61728.39","6.420","0.376","1.959","22.079","74.879","241.151"\n';

  it('gives rate and times', () => {
    expect(parseRedisRate(output)).toBe(61728.39);
    expect(parseRedisSendTimes(output)).toEqual({ p50Ms: 1.959, p99Ms: 74.879 });
  });

  it('is not believed when it could not connect', () => {
    expect(() => parseRedisRate('Could not connect to Redis at 127.0.0.1:16379: Connection refused')).toThrow(
      'redis-benchmark',
    );
  });
});

describe('the line of our own load programs', () => {
  it('gives rate and times', () => {
    const line = 'records=4000 elapsedMs=2000 p50Ms=0.25 p99Ms=1.5E-2\n';
    expect(parseRate(line)).toBe(2000);
    expect(parseSendTimes(line)).toEqual({ p50Ms: 0.25, p99Ms: 0.015 });
  });

  it('is not believed when it is not there', () => {
    expect(() => parseRate('Exception in thread "main"')).toThrow('did not say records');
  });
});

describe('apt-get install --simulate', () => {
  it('names the packages that the machine lacks', () => {
    const plan =
      'The following NEW packages will be installed:\n  liblzf1\nInst liblzf1 (3.6-3 Debian:12.0/oldstable [amd64])\nInst redis-tools (5:7.0.15 Debian:12.0 [amd64])\nConf liblzf1 (3.6-3)\n';
    expect(missingPackages(plan)).toEqual(['liblzf1', 'redis-tools']);
  });
});
