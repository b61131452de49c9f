import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { greeting, meaningOfAck, nextCommands } from '../src/greeting.ts';

describe('greeting', () => {
  it('says where the broker listens, where the data is, what an ack is worth, and what to type next', () => {
    const text = stripVTControlCharacters(
      greeting({
        version: '1.2.3',
        url: 'q://127.0.0.1:7420',
        adminUrl: 'http://127.0.0.1:7421',
        dataDir: '/srv/q',
        acknowledgement: meaningOfAck('file', 'fsync'),
        startMs: 99.6,
        next: nextCommands({ program: 'pnpm --silent q', url: 'q://127.0.0.1:7420', port: 7420 }),
      }),
    );
    for (const part of [
      'q broker 1.2.3 is ready (100 ms)',
      'q://127.0.0.1:7420',
      'http://127.0.0.1:7421',
      '/srv/q',
      'synced to disk',
      '  pnpm --silent q topic create visits --partitions 3 --if-missing\n',
      'Ctrl-C',
    ])
      expect(text).toContain(part);
    expect(text.split('\n').length).toBeLessThanOrEqual(12);
  });

  it('B2 says for each durability what an acknowledgement survives', () => {
    expect(meaningOfAck('file', 'fsync')).toContain('power cut (durability fsync)');
    expect(meaningOfAck('file', 'interval')).toContain('last 100 ms');
    expect(meaningOfAck('file', 'os')).toContain('not a power cut');
    expect(meaningOfAck('memory', 'fsync')).toContain('gone when the broker stops');
  });

  it('names the address in the commands when it is not the usual one', () => {
    expect(nextCommands({ program: 'q', url: 'q://h:9', port: 9 })[0]).toBe(
      'q topic create visits --partitions 3 --if-missing --url q://h:9',
    );
  });
});
