// What the loader of an addon does on a platform that it has no build for.
const error = new Error("Cannot find module 'no-such-build-for-this-platform'");
error.code = 'MODULE_NOT_FOUND';
throw error;
