import { QError } from '@q/protocol';

/** As `engines` of package.json. */
const supportedNode = '24.11 or a later 24, or 26 and later';

interface Versions {
  readonly node?: string | undefined;
  readonly bun?: string | undefined;
  readonly deno?: string | undefined;
}

/**
 * An older Node lacks what this package calls, and would say so of one function or another. Package managers only warn
 * of it. Other runtimes, which name a Node that they resemble, are tried.
 *
 * @throws QError `INVALID_CONFIG` that names the Node that is needed.
 */
export function checkRuntime(versions: Versions = process.versions): void {
  if (versions.node === undefined || versions.bun !== undefined || versions.deno !== undefined) return;
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  if (major >= 26 || (major === 24 && minor >= 11)) return;
  throw new QError('INVALID_CONFIG', `@q/client needs Node ${supportedNode}, and this is Node ${versions.node}`, {
    details: { node: versions.node },
  });
}
