import { describe, expect, it } from 'vitest';
import { busyBroker } from './busy-broker.ts';
import { dashboardQueries, metricNames, ruleText, withVariables } from './deployed.ts';
import { isInstalled, promtool } from './programs.ts';

/** Each metric that the broker shows, those of histograms with their suffixes. */
function shownNames(page: string): Set<string> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(lines.map((line) => /^[a-z0-9_]+/.exec(line)![0]));
}

describe('what is shipped for Prometheus and Grafana', () => {
  it('M2 O4 promtool finds nothing wrong with the rules and the configuration', async () => {
    if (!isInstalled('promtool')) return;
    expect(await promtool('check', 'rules', 'recording.yml', 'alerts.yml')).toMatchObject({ code: 0 });
    expect(await promtool('check', 'config', 'prometheus.yml')).toMatchObject({ code: 0 });
  });

  it('M2 O4 every alert fires when it should, and not when it should not', async () => {
    if (!isInstalled('promtool')) return;
    const { code, output } = await promtool('test', 'rules', 'alerts.test.yml');
    expect(code, output).toBe(0);
  });

  it('M2 O4 every alert has a case in which it fires, and one in which it does not', () => {
    const cases = ruleText('alerts.test.yml');
    const names = [...ruleText('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) {
      expect(cases).toMatch(new RegExp(`alertname: ${name}\\n\\s+exp_alerts:`));
      expect(cases).toMatch(new RegExp(`alertname: ${name} }`));
    }
  });

  it('M2 O4 every query of the rules and of the dashboard names metrics that a broker shows', async () => {
    const { page } = await busyBroker();
    const shown = shownNames(await page());
    const recorded = new Set([...ruleText('recording.yml').matchAll(/record: (\S+)/g)].map(([, name]) => name!));
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(20);
    const rules = ['recording.yml', 'alerts.yml'].map((file) => ({ panel: file, query: ruleText(file) }));
    for (const { panel, query } of [...queries, ...rules]) {
      const unknown = [...metricNames(query)].filter((name) => !shown.has(name) && !recorded.has(name));
      expect(unknown, `${panel}: ${query.slice(0, 200)}`).toEqual([]);
    }
  });

  it('M2 O4 variables of the dashboard are all replaced', () => {
    for (const { query } of dashboardQueries()) expect(withVariables(query)).not.toContain('$');
  });
});
