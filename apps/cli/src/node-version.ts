/**
 * The runtimes this program is tested on, as in `engines` of package.json: `^24.11 || >=26`.
 * A package manager only warns about engines, so the program looks for itself before it imports anything of ours.
 */
export const supportedNode = '24.11 or a later 24, or 26 and later';

/** `null` when the program runs on this version (`process.versions.node`), else one line that says what to do. */
export function checkNodeVersion(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 26 || (major === 24 && minor >= 11)) return null;
  return `q needs Node ${supportedNode}, and this is Node ${version}. In a clone, "npx -y pnpm@12 install" brings the right one.`;
}
