/** The settings of the broker: what is in force and who said so, and how they change (rows Q3, O3). */
import { toWireError } from '@q/broker';
import type { Asking, Services, SettingsChange } from '@q/broker';
import { QError } from '@q/protocol';
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { json, operation } from '../operation/operation.ts';
import {
  changeResultSchema,
  changeSchema,
  configSchema,
  reloadJson,
  reloadSchema,
  settingJson,
  settingSchema,
} from './config-schema.ts';

type Settings = Services['settings'];

const named = z.object({ name: z.string().min(1).max(200) });
const dryRun = z.object({
  dryRun: z.enum(['true', 'false']).optional().describe('`true`: everything is checked, and nothing changed.'),
});

const getConfig = operation({
  id: 'getConfig',
  method: 'get',
  path: '/api/v1/config',
  tag: 'config',
  summary: 'Every setting of the broker: what is in force, who said so, and what became of the last reload.',
  answer: json(configSchema),
  handle: (_input, { services: { settings }, who }) => {
    const list = settings.list(who);
    const lastReload = settings.lastReload(who);
    return {
      file: settings.file(who),
      lastReload: lastReload === null ? null : reloadJson(lastReload),
      needsRestart: list.filter(({ afterRestart }) => afterRestart !== null).map(({ name }) => name),
      settings: list.map(settingJson),
    };
  },
});

const getSetting = operation({
  id: 'getSetting',
  method: 'get',
  path: '/api/v1/config/:name',
  tag: 'config',
  summary: 'One setting of the broker.',
  params: named,
  answer: json(settingSchema),
  errors: ['INVALID_CONFIG'],
  handle: ({ params }, { services: { settings }, who }) => settingJson(settings.describe(params.name, who)),
});

const changeConfig = operation({
  id: 'changeConfig',
  method: 'patch',
  path: '/api/v1/config',
  tag: 'config',
  summary:
    'Changes settings of the broker: all of them or none. They are kept, and stronger than file, variables and flags.',
  query: dryRun,
  body: changeSchema,
  answer: json(changeResultSchema),
  errors: ['INVALID_CONFIG', 'STORAGE_FULL', 'STORAGE_FAILED'],
  handle: ({ query, body }, { services: { settings }, who }) => {
    const entries = Object.entries(body);
    const wanted = {
      set: entries.flatMap(([name, value]) => (value === null ? [] : [{ name, value: String(value) }])),
      unset: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
      validateOnly: query.dryRun === 'true',
      by,
    };
    return change(settings, wanted, who);
  },
});

const unsetSetting = operation({
  id: 'unsetSetting',
  method: 'delete',
  path: '/api/v1/config/:name',
  tag: 'config',
  summary: 'Takes a change of a setting back: it is again what file, variables and flags say.',
  params: named,
  query: dryRun,
  answer: json(changeResultSchema),
  errors: ['INVALID_CONFIG', 'STORAGE_FULL', 'STORAGE_FAILED'],
  handle: ({ params, query }, { services: { settings }, who }) =>
    change(settings, { set: [], unset: [params.name], validateOnly: query.dryRun === 'true', by }, who),
});

const reloadConfig = operation({
  id: 'reloadConfig',
  method: 'post',
  path: '/api/v1/config/reload',
  tag: 'config',
  summary: 'Reads file, variables and flags again. What is wrong with them leaves everything as it is, and is told.',
  answer: json(reloadSchema),
  handle: async (_input, { services: { settings }, who }) => reloadJson(await settings.reload(by, who)),
});

const by = 'the admin API';

async function change(
  settings: Settings,
  wanted: SettingsChange,
  who: Asking,
): Promise<z.input<typeof changeResultSchema>> {
  const { changed, needsRestart } = await settings.change(wanted, who).catch((error: unknown) => {
    throw refused(error);
  });
  const names = [...wanted.set.map(({ name }) => name), ...wanted.unset];
  return {
    dryRun: wanted.validateOnly === true,
    changed: changed.map((one) => ({ ...one })),
    needsRestart: [...needsRestart],
    settings: names.map((name) => settingJson(settings.describe(name, who))),
  };
}

export const configOperations = [getConfig, changeConfig, reloadConfig, getSetting, unsetSetting] as const;

/** Each setting that is wrong, for itself. */
function refused(thrown: unknown): unknown {
  const error = toWireError(thrown);
  if (error.code !== 'INVALID_CONFIG') return thrown;
  const all = error.cause instanceof AggregateError ? error.cause.errors.filter((one) => QError.is(one)) : [error];
  return new Problem('INVALID_CONFIG', error.message, {
    details: error.details,
    errors: all.map(({ message, details }) => ({
      field: `body.${String(details['setting'] ?? '')}`,
      value: details['value'] === undefined ? null : String(details['value']),
      allowed: String(details['allowed'] ?? message),
    })),
  });
}
