import { describe } from 'vitest';
import { alterConfigs } from '../../src/messages/alter-configs.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('AlterConfigs', () => {
  itReadsTheCaptures(alterConfigs, 1);
});
