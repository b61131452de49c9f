import { readFileSync } from 'node:fs';
import { defaultLimits, topicSettings } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { readRequestHead, readRequestHeader } from '../../src/frame/request-header.ts';
import { configType } from '../../src/configs/config-codes.ts';
import { topicConfigTable } from '../../src/configs/topic-config-table.ts';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { capturesOf } from '../captures.ts';
import { readAnswer } from '../harness.ts';

/** What a real Kafka answered of topics. */
function recorded() {
  return capturesOf(describeConfigs.key).flatMap(({ apiVersion: version, request, response }) => {
    const header = readRequestHeader(request, readRequestHead(request), version >= describeConfigs.flexibleSince);
    const { includeSynonyms } = describeConfigs.request.decode(request, header.bodyAt, version);
    const { results } = readAnswer(describeConfigs, version, response!).body;
    return results
      .filter(({ resourceType }) => resourceType === 2)
      .flatMap(({ configs }) => configs.map((config) => ({ ...config, version, includeSynonyms })));
  });
}

describe('the table of topic settings', () => {
  const table = topicConfigTable(defaultLimits);
  const byName = new Map(table.map((config) => [config.name, config]));

  it('B1 has every name that a real Kafka describes, of the same type', () => {
    const answers = recorded();
    expect(new Set(answers.map(({ name }) => name)).size).toBe(37);
    for (const { name, configType: type, version } of answers) {
      const config = byName.get(name);
      expect(config, name).toBeDefined();
      if (version >= 3) expect(configType[config!.type], name).toBe(type);
    }
  });

  it('B1 names the broker’s setting behind each as a real Kafka does', () => {
    // Of a setting that the broker was not told, a real Kafka names none.
    const named = recorded().filter(({ includeSynonyms, synonyms }) => includeSynonyms && synonyms.length > 0);
    expect(named.length).toBeGreaterThan(50);
    expect(named.map(({ name }) => [name, byName.get(name)?.brokerName])).toEqual(
      named.map(({ name, synonyms }) => [name, synonyms.at(-1)!.name]),
    );
  });

  it('B1 is documented where it cannot be changed', () => {
    const text = readFileSync(new URL('../../../../docs/KAFKA.md', import.meta.url), 'utf8');
    const fixed = table.filter(({ setting }) => setting === null);
    expect(fixed.length).toBeGreaterThan(20);
    expect(fixed.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
  });

  it('B1 has every setting of the broker, in the order of the names, with a sentence', () => {
    for (const { name } of topicSettings) expect(byName.get(name)?.setting?.name).toBe(name);
    expect(table.map(({ name }) => name)).toEqual([...byName.keys()].sort());
    for (const { documentation } of table) expect(documentation).toMatch(/^[A-Z].*\.$/);
  });
});
