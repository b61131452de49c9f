// What the loader of an addon does on a platform that it has no build for.
require('no-such-build-for-this-platform');
