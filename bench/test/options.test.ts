import { describe, expect, it } from 'vitest';
import { readOptions } from '../src/options.ts';

describe('options of the bench', () => {
  it('compares with the bare machine unless peers are asked for', () => {
    expect(readOptions([]).isWithPeers).toBe(false);
    expect(readOptions(['peers', '--quick', '--peers-dir', 'cache'])).toMatchObject({
      isWithPeers: true,
      peersFolder: 'cache',
      roundsGiven: null,
      profile: { name: 'quick' },
    });
  });

  it('measures the door for Kafka clients only when that is asked for', () => {
    expect(readOptions([]).isKafka).toBe(false);
    expect(readOptions(['kafka', '--only', 'idle'])).toMatchObject({
      isKafka: true,
      isWithPeers: false,
      only: ['idle'],
    });
  });

  it('tells rounds that were given from those of the profile', () => {
    expect(readOptions(['peers', '--rounds', '7'])).toMatchObject({ roundsGiven: 7, profile: { rounds: 7 } });
    expect(() => readOptions(['--rounds', '0'])).toThrow('whole number');
  });

  it('runs a mixed load for an hour, or for as long as is said', () => {
    expect([[], ['mixed'], ['mixed', '--minutes', '3']].map((argv) => readOptions(argv).mixedMinutes)).toEqual([
      null,
      60,
      3,
    ]);
    expect(() => readOptions(['--minutes', '3'])).toThrow('mixed alone');
    expect(() => readOptions(['mixed', '--minutes', '0.5'])).toThrow('--minutes 0.5');
  });

  it('refuses words that it does not know', () => {
    expect(() => readOptions(['pears'])).toThrow('pears: the only word');
    expect(() => readOptions(['peers', 'kafka'])).toThrow('peers kafka: the only word');
  });
});
