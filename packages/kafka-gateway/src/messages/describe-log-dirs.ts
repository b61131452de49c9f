/**
 * DescribeLogDirs (35): what the broker keeps in its data folder. Null topics stand for all.
 *
 *   request   topics [ topic string │ partitions [ int32 ] ]?
 *   answer    throttleTimeMs int32 │ 3+ errorCode int16
 *             │ results [ errorCode int16 │ logDir string
 *               │ topics [ name string │ partitions [ partitionIndex int32 │ partitionSize int64 │ offsetLag int64
 *                 │ isFutureKey bool ] ]
 *               │ 4+ totalBytes int64 │ 4+ usableBytes int64 │ 5+ isCordoned bool ]
 */
import { array } from '../wire/array.ts';
import { bool, int16, int32, int64, string } from '../wire/scalars.ts';
import { field, nullable, struct } from '../wire/struct.ts';
import { api } from './api.ts';

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  flexibleSince: 2,
  request: {
    topics: nullable(array(struct({ topic: string, partitions: array(int32) }))),
  },
  response: {
    throttleTimeMs: field(int32, { blank: 0 }),
    errorCode: field(int16, { since: 3, blank: 0 }),
    results: array(
      struct({
        errorCode: int16,
        logDir: string,
        topics: array(
          struct({
            name: string,
            partitions: array(
              struct({ partitionIndex: int32, partitionSize: int64, offsetLag: int64, isFutureKey: bool }),
            ),
          }),
        ),
        totalBytes: field(int64, { since: 4, blank: -1 }),
        usableBytes: field(int64, { since: 4, blank: -1 }),
        isCordoned: field(bool, { since: 5, blank: false }),
      }),
    ),
  },
});
