import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { software, softwareVersion } from '../src/software.ts';

describe('software', () => {
  it('is what the package says', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      name: string;
      version: string;
    };
    expect({ name: software, version: softwareVersion }).toEqual({ name: manifest.name, version: manifest.version });
  });
});
