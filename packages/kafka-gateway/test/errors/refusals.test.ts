import { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { errorNameOf, kafkaCodeOf, toKafkaError } from '../../src/errors/kafka-errors.ts';

describe('A3 refusals in the numbers of Kafka', () => {
  it.each([
    ['topic', 29],
    ['group', 30],
    ['cluster', 31],
    ['transactionalId', 53],
    ['something new', 31],
  ])('A3: of a %s is %i', (resourceType, code) => {
    const error = new QError('NOT_AUTHORIZED', 'no', { details: { resourceType } });
    expect([kafkaCodeOf(error), toKafkaError(error).code, errorNameOf(code)]).toEqual([code, code, 'NOT_AUTHORIZED']);
  });
});
