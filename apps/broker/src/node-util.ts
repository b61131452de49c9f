import type * as NodeUtil from 'node:util';

const util: typeof NodeUtil = process.getBuiltinModule('node:util');

// Not by `import`: that would read every export of the module, and one of them loads worker threads (3 ms, 2 MB).
export const parseArgs: typeof NodeUtil.parseArgs = util.parseArgs;
export const styleText: typeof NodeUtil.styleText = util.styleText;
