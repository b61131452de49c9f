export { adminExtension } from './admin-extension.ts';
export type { AdminOptions } from './admin-extension.ts';
/** For hono's client: `hc<AdminApi>(broker.adminUrl)`. */
export type { AdminApi } from './admin-api.ts';
export type { WebhookTarget } from './alerts/webhook-target.ts';
