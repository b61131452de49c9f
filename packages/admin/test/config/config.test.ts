import type { ReadValues } from '@q/broker';
import { expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { alertsSchema } from '../../src/alerts/alert-schema.ts';
import { changeResultSchema, configSchema, reloadSchema, settingSchema } from '../../src/config/config-schema.ts';
import { adminBroker } from '../harness.ts';
import type { AdminBroker } from '../harness.ts';

type Setting = z.output<typeof settingSchema>;

async function settingOf({ get }: AdminBroker, name: string): Promise<Setting> {
  return settingSchema.parse(await get(`/api/v1/config/${name}`));
}

it('O2 O3 GET /api/v1/config tells every setting with its source, its default and whether it can change', async () => {
  const { get } = await adminBroker({ limits: { topicsMax: 50 } });
  const { file, lastReload, needsRestart, settings } = configSchema.parse(await get('/api/v1/config'));
  expect([file, lastReload, needsRestart]).toEqual([null, null, []]);
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  expect(byName.get('limits.topicsMax')).toMatchObject({
    value: '50',
    source: 'option',
    default: '10000',
    reloadable: true,
    values: [{ value: '50' }, { value: '10000', source: 'default' }],
  });
  expect(byName.get('limits.frameBytesMax')).toMatchObject({ reloadable: false, source: 'default' });
  for (const { doc, allowed, type } of settings) expect(doc !== '' && allowed !== '' && type !== '').toBe(true);
});

it('O3 PATCH changes settings at once, null and DELETE take a change back', async () => {
  const broker = await adminBroker();
  const patched = await broker.send('PATCH', '/api/v1/config', { 'limits.topicsMax': 77, autoCreateTopics: true });
  expect(patched.status).toBe(200);
  expect(changeResultSchema.parse(await patched.json())).toMatchObject({
    dryRun: false,
    changed: [
      { name: 'autoCreateTopics', before: 'false', after: 'true' },
      { name: 'limits.topicsMax', before: '10000', after: '77' },
    ],
    settings: [
      { name: 'limits.topicsMax', value: '77', source: 'api' },
      { name: 'autoCreateTopics', value: 'true', source: 'api' },
    ],
  });
  await broker.send('PATCH', '/api/v1/config', { autoCreateTopics: null });
  expect(await settingOf(broker, 'autoCreateTopics')).toMatchObject({ value: 'false', source: 'default' });
  const deleted = await broker.ask('/api/v1/config/limits.topicsMax', { method: 'DELETE' });
  expect(await deleted.json()).toMatchObject({ settings: [{ value: '10000', source: 'default' }] });
});

it('O3 a trial changes nothing', async () => {
  const broker = await adminBroker();
  const trial = await broker.send('PATCH', '/api/v1/config?dryRun=true', { 'limits.topicsMax': '77' });
  expect(await trial.json()).toMatchObject({
    dryRun: true,
    changed: [{ after: '77' }],
    settings: [{ value: '10000' }],
  });
  expect(await settingOf(broker, 'limits.topicsMax')).toMatchObject({ value: '10000' });
});

it('Q3 a change with mistakes is refused as a whole, each of them named with what is allowed', async () => {
  const broker = await adminBroker();
  const wrong = { 'limits.topicsMax': 'many', 'limits.groupsMax': '5', 'limits.frameBytesMax': '1', 'no.such': '1' };
  const response = await broker.send('PATCH', '/api/v1/config', wrong);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'INVALID_CONFIG',
    errors: [
      { field: 'body.limits.topicsMax', value: 'many', allowed: 'a whole number of at least 1' },
      { field: 'body.limits.frameBytesMax', value: '1', allowed: expect.stringContaining('while the broker runs') },
      { field: 'body.no.such', value: null, allowed: expect.stringContaining('no setting') },
    ],
  });
  expect(await settingOf(broker, 'limits.groupsMax')).toMatchObject({ value: '10000' });
  expect((await broker.ask('/api/v1/config/no.such')).status).toBe(400);
  const noText = await broker.send('PATCH', '/api/v1/config', { a: {} });
  expect(noText.status).toBe(400);
  expect(await noText.json()).toMatchObject({
    errors: [{ field: 'body.a', value: '{}', allowed: 'a text, a number, true, false or null' }],
  });
});

it('O3 O4 a reload that failed is an alert, until one succeeds', async () => {
  const soon = [{ name: 'alerts.clearAfterMs', text: '50', source: 'file', from: 'q.yaml' }] as const;
  let now: ReadValues = { problems: ['q.yaml, line 2: not YAML', 'q.yaml, line 4: neither'] };
  const settings = {
    definitions: [],
    given: soon,
    file: 'q.yaml',
    read: () => Promise.resolve(now),
    apply: () => undefined,
  };
  const limits = { healthIntervalMs: 10 };
  const { broker, get } = await adminBroker({ settings, limits, alerts: { clearAfterMs: 50 } });
  const alerts = async () => alertsSchema.parse(await get('/api/v1/alerts')).alerts;
  await broker.settings.reload('SIGHUP');
  const [alert] = await vi.waitFor(async () => {
    const raised = await alerts();
    expect(raised).toHaveLength(1);
    return raised;
  });
  expect(alert).toMatchObject({
    name: 'settings.bad',
    reason: 'the settings could not be read again (SIGHUP): q.yaml, line 2: not YAML, and 1 more',
  });
  now = { given: soon };
  await broker.settings.reload('SIGHUP');
  await vi.waitFor(async () => expect(await alerts()).toEqual([]));
});

it('O3 POST /api/v1/config/reload says what came of it, and so does GET afterwards', async () => {
  const settings = {
    definitions: [],
    given: [],
    file: 'q.yaml',
    read: () => Promise.resolve({ problems: ['q.yaml, line 2: not YAML'] }),
    apply: () => undefined,
  };
  const { ask, get } = await adminBroker({ settings });
  const told = reloadSchema.parse(await (await ask('/api/v1/config/reload', { method: 'POST' })).json());
  expect(told).toMatchObject({ ok: false, by: 'the admin API', problems: ['q.yaml, line 2: not YAML'], changed: [] });
  expect(configSchema.parse(await get('/api/v1/config'))).toMatchObject({ file: 'q.yaml', lastReload: told });
});
