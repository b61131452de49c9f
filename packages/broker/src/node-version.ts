import { createRequire } from 'node:module';

/** The version of this package. Its manifest lies one folder above, in the source tree and in the published package. */
export const softwareVersion: string = (createRequire(import.meta.url)('../package.json') as { version: string })
  .version;
