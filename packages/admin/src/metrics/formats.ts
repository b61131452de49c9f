import type { Format } from './exposition.ts';

/** The media types of GET /metrics, as `Accept` names them, and what each is. */
export const formats: Readonly<Record<string, { readonly format: Format; readonly contentType: string }>> = {
  'text/plain': { format: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8' },
  'application/openmetrics-text': {
    format: 'openmetrics',
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  },
};
