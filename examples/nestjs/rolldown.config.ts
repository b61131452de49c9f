import { defineConfig } from 'rolldown';
import manifest from './package.json' with { type: 'json' };

// Does what Node cannot: it applies decorators, as tsconfig.json says. Packages stay outside.
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  external: Object.keys(manifest.dependencies),
  output: { dir: 'dist' },
});
