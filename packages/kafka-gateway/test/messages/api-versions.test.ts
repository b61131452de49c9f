import { describe } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { itReadsTheCaptures } from '../capture-vectors.ts';

describe('ApiVersions', () => {
  itReadsTheCaptures(apiVersions, 10);
});
