import { describe } from 'vitest';
import { findCoordinator } from '../../src/messages/find-coordinator.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('FindCoordinator', () => {
  itReadsTheCaptures(findCoordinator, 32);
});
