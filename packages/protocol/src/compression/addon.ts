import { createRequire } from 'node:module';
import { QError } from '../errors.ts';

const require = createRequire(import.meta.url);

/**
 * Loads a native addon when it is first needed: synchronously, because the callers are, and late, because loading one
 * costs about 5 ms and most processes use one codec or none.
 *
 * Throws QError UNSUPPORTED_CODEC when the addon has no build for this platform or is not installed.
 */
export function loadCodecAddon(options: { codec: string; packageName: string }): unknown {
  try {
    return require(options.packageName) as unknown;
  } catch (cause) {
    throw new QError(
      'UNSUPPORTED_CODEC',
      `${options.codec} needs the native addon "${options.packageName}", which could not be loaded on ${process.platform}-${process.arch}; ` +
        'install it with its optional dependencies, or use gzip or zstd, which need no addon',
      { cause, details: { codec: options.codec, package: options.packageName } },
    );
  }
}
