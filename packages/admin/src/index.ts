export { adminExtension } from './admin-extension.ts';
export type { AdminOptions } from './admin-extension.ts';
