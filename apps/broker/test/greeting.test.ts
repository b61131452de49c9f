import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { greeting, meaningOfAck, nextCommands } from '../src/greeting.ts';

describe('greeting', () => {
  const facts = {
    version: '1.2.3',
    url: 'q://127.0.0.1:7420',
    isOpen: false,
    adminUrl: 'http://127.0.0.1:7421',
    kafkaAddress: '127.0.0.1:9092',
    isKafkaPortTaken: false,
    dataDir: '/srv/q',
    acknowledgement: meaningOfAck('file', 'fsync'),
    startMs: 100,
    next: nextCommands({ program: 'pnpm --silent q', url: 'q://127.0.0.1:7420', port: 7420, logins: [] }),
    listeners: ['native q://127.0.0.1:7420 (asks nobody)'],
  };

  it('says where the broker listens, where the data is, what an ack is worth, and what to type next', () => {
    const text = stripVTControlCharacters(greeting(facts));
    for (const part of [
      'q broker 1.2.3 is ready (100 ms)',
      'q://127.0.0.1:7420',
      'http://127.0.0.1:7421',
      'kafka      127.0.0.1:9092  (bootstrap.servers of Kafka clients)',
      '/srv/q',
      'synced to disk',
      '  pnpm --silent q topic create visits --partitions 3 --if-missing\n',
      'Ctrl-C',
    ])
      expect(text).toContain(part);
    expect(text.split('\n').length).toBeLessThanOrEqual(13);
  });

  it('B1 says why Kafka clients find no door', () => {
    expect(greeting({ ...facts, kafkaAddress: null })).toContain('  kafka      off\n');
    expect(greeting({ ...facts, kafkaAddress: null, isKafkaPortTaken: true })).toContain(
      '  kafka      shut: another program has the port; choose another with --kafka-port\n',
    );
  });

  it('B2 says for each durability what an acknowledgement survives', () => {
    expect(meaningOfAck('file', 'fsync')).toContain('power cut (durability fsync)');
    expect(meaningOfAck('file', 'interval')).toContain('last 100 ms');
    expect(meaningOfAck('file', 'os')).toContain('not a power cut');
    expect(meaningOfAck('memory', 'fsync')).toContain('gone when the broker stops');
  });

  it('names the address in the commands when it is not the usual one', () => {
    expect(nextCommands({ program: 'q', url: 'q://h:9', port: 9, logins: [] })[0]).toBe(
      'q topic create visits --partitions 3 --if-missing --url q://h:9',
    );
  });

  it('does not know who somebody is, where the broker asks that', () => {
    const asked = { program: 'q', port: 7420, logins: ['password', 'certificate'] as const };
    expect(nextCommands({ ...asked, url: 'qs://h:7420' })).toEqual([
      'q whoami --url qs://h:7420 --ca FILE --user NAME',
    ]);
    expect(nextCommands({ ...asked, url: 'q://h:7420' })).toEqual(['q whoami --url q://h:7420 --user NAME']);
    expect(nextCommands({ ...asked, url: 'qs://h:7420', logins: ['certificate'] })).toEqual([
      'q whoami --url qs://h:7420 --ca FILE --cert FILE --cert-key FILE',
    ]);
  });
});
