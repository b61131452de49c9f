import { describe } from 'vitest';
import { incrementalAlterConfigs } from '../../src/messages/incremental-alter-configs.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('IncrementalAlterConfigs', () => {
  itReadsTheCaptures(incrementalAlterConfigs, 5);
});
