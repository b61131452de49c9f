import { readFileSync } from 'node:fs';
import { conditionTable, defaultLimits, defaultThresholds, ownDefinitions, topicSettings } from '@q/broker';
import { auditMarkdown, eventsMarkdown, fieldsMarkdown } from './logs-markdown.ts';
import {
  conditionsMarkdown,
  limitsMarkdown,
  replaceSection,
  settingsMarkdown,
  topicSettingsMarkdown,
} from './settings-markdown.ts';

/** A document with generated sections: what it says now, and what it should say. */
export interface GeneratedDocument {
  readonly path: URL;
  readonly actual: string;
  readonly expected: string;
}

export function generatedDocuments(): GeneratedDocument[] {
  const limitsSource = readFileSync(new URL('../../../packages/broker/src/limits.ts', import.meta.url), 'utf8');
  const readme = generated('../README.md', { settings: settingsMarkdown() });
  const configuration = generated('../../../docs/CONFIGURATION.md', {
    settings: settingsMarkdown(),
    'topic settings': topicSettingsMarkdown(topicSettings),
    limits: limitsMarkdown({ ...defaultLimits }, { source: limitsSource, needsRestart }),
  });
  const thresholdsSource = readFileSync(
    new URL('../../../packages/broker/src/services/health/thresholds.ts', import.meta.url),
    'utf8',
  );
  const alerts = generated('../../../docs/ALERTS.md', {
    conditions: conditionsMarkdown(conditionTable),
    thresholds: limitsMarkdown({ ...defaultThresholds }, { source: thresholdsSource, what: 'threshold' }),
  });
  const logs = generated('../../../docs/LOGS.md', { events: eventsMarkdown(), fields: fieldsMarkdown() });
  const audit = generated('../../../docs/AUDIT.md', { 'audit events': auditMarkdown() });
  return [readme, configuration, alerts, logs, audit];
}

const fixed = new Set(ownDefinitions().flatMap(({ name, isReloadable }) => (isReloadable ? [] : [name])));

function needsRestart(limit: string): boolean {
  return fixed.has(`limits.${limit}`);
}

function generated(relativePath: string, sections: Readonly<Record<string, string>>): GeneratedDocument {
  const path = new URL(relativePath, import.meta.url);
  const actual = readFileSync(path, 'utf8');
  const expected = Object.entries(sections).reduce(
    (text, [section, content]) => replaceSection(text, section, content),
    actual,
  );
  return { path, actual, expected };
}
