// The default import for the reason given in main.ts.
import nodeModule from 'node:module';

/**
 * Links our own modules without asking the disk where they are. For each import Node looks for links in the path, for the
 * manifest above the file and for the kind of the file: for some 200 modules that is a quarter of the time to start.
 * Between two files of one of our packages the answer is always the specifier itself, and always a module.
 */
export function linkOwnModules(entryUrl: string): void {
  const folders = [folderOf(entryUrl)];
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL = '' } = context;
      // Built files only: a source file is another kind of module, and `require` may ask for JSON.
      if (specifier.startsWith('.') && specifier.endsWith('.js') && folders.some((folder) => parentURL.startsWith(folder))) {
        return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
      }
      const resolved = nextResolve(specifier, context);
      if (specifier.startsWith('@q/')) {
        const folder = folderOf(resolved.url);
        if (!folders.includes(folder)) folders.push(folder);
      }
      return resolved;
    },
  });
}

function folderOf(url: string): string {
  return new URL('.', url).href;
}
