import { createRequire } from 'node:module';
import { QError } from '../errors.ts';

const require = createRequire(import.meta.url);

/**
 * Loads a native addon when it is first needed: synchronously, because the callers are, and late, because loading one
 * costs about 5 ms and most processes use one codec or none. Addons are optional dependencies: a program that uses
 * neither codec may leave them out.
 *
 * Throws QError UNSUPPORTED_CODEC when the addon is not installed or has no build for this platform.
 */
export function loadCodecAddon(options: { codec: string; packageName: string }): unknown {
  try {
    return require(options.packageName) as unknown;
  } catch (cause) {
    throw new QError('UNSUPPORTED_CODEC', `${reasonOf(cause, options)}; or use gzip or zstd, which need no addon`, {
      cause,
      details: { codec: options.codec, package: options.packageName },
    });
  }
}

function reasonOf(cause: unknown, { codec, packageName }: { codec: string; packageName: string }): string {
  const { code, message } = cause as { code?: string; message?: string };
  const isMissing = code === 'MODULE_NOT_FOUND' && message?.includes(`'${packageName}'`) === true;
  if (isMissing)
    return `${codec} needs the package "${packageName}", which is not installed: run "npm install ${packageName}"`;
  return (
    `${codec} needs the package "${packageName}", which is installed but could not be loaded on ${process.platform}-${process.arch}: `
    + 'install it with its own optional dependencies, which hold its builds'
  );
}
