export { adminExtension } from './admin-extension.ts';
export type { AdminOptions } from './admin-extension.ts';
/** The log of a program, as `AdminOptions.log` wants it. */
export type { LogTailFilter, LogTailLine, LogThreshold, ProgramLog } from './program-log.ts';
/** For hono's client: `hc<AdminApi>(broker.adminUrl)`. */
export type { AdminApi } from './admin-api.ts';
export type { WebhookTarget } from './alerts/webhook-target.ts';
