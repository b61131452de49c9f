import { describe } from 'vitest';
import { offsetForLeaderEpoch } from '../../src/messages/offset-for-leader-epoch.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('OffsetForLeaderEpoch', () => {
  itReadsTheCaptures(offsetForLeaderEpoch, 6);
});
