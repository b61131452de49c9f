// The default import for the reason given in main.ts.
import nodeModule from 'node:module';
import type { ResolveFnOutput } from 'node:module';

/**
 * Links our own modules without asking the disk where they are. For each import Node looks for links in the path, for the
 * manifest above the file and for the kind of the file: for some 200 modules that is a fifth of the time to start, and
 * 3 MB. Between two files of one of our packages the answer is always the specifier itself, and always a module; and a
 * package finds the same neighbour from all of its files.
 */
export function linkOwnModules(entryUrl: string): void {
  const folders = [folderOf(entryUrl)];
  const neighbours = new Map<string, ResolveFnOutput>();
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL = '' } = context;
      const folder = folders.find((own) => parentURL.startsWith(own));
      if (folder === undefined) return nextResolve(specifier, context);
      // Built files only: a source file is another kind of module, and `require` may ask for JSON.
      if (specifier.startsWith('.') && specifier.endsWith('.js')) {
        return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
      }
      if (!specifier.startsWith('@q/')) return nextResolve(specifier, context);
      const key = `${folder} ${specifier}`;
      const known = neighbours.get(key);
      if (known !== undefined) return known;
      const found = { ...nextResolve(specifier, context), shortCircuit: true };
      neighbours.set(key, found);
      folders.push(folderOf(found.url));
      return found;
    },
  });
}

function folderOf(url: string): string {
  return new URL('.', url).href;
}
