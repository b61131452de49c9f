import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What is shipped for Prometheus and Grafana. */
export const prometheusFolder: string = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
const dashboardPath = new URL('../../deploy/grafana/q-broker.json', import.meta.url);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** Every query of the dashboard, and the panel that it is of. */
export function dashboardQueries(): { readonly panel: string; readonly query: string }[] {
  const { panels } = JSON.parse(readFileSync(dashboardPath, 'utf8')) as { panels: readonly Panel[] };
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, query: expr })));
}

/** A query as Grafana would send it. */
export function withVariables(query: string): string {
  return query.replaceAll('$job', 'q').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');
}

/** A file of rules, as text: names of metrics stand in it as they stand in a query. */
export function ruleText(file: string): string {
  return readFileSync(`${prometheusFolder}${file}`, 'utf8');
}

/** Names of metrics in a query or in rules; those that rules record begin with `q:`. */
export function metricNames(text: string): Set<string> {
  return new Set(text.match(/\bq[_:][a-z0-9_:]+/g));
}
