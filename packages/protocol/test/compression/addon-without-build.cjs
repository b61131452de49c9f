// What the loader of an addon does on a platform that it has no build for.
throw Object.assign(new Error("Cannot find module './addon.linux-x64.node'"), { code: 'MODULE_NOT_FOUND' });
