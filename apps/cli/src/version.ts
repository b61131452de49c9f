import { readFileSync } from 'node:fs';

/** Version of this package. Read and not imported: `package.json` lies outside the folder that is compiled. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
