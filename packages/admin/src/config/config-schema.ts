import type { ReloadOutcome, SettingSource, SettingView } from '@q/broker';
import { z } from 'zod';

const sources = ['default', 'option', 'file', 'environment', 'flag', 'api'] as const satisfies readonly SettingSource[];

const valueSchema = z.object({
  value: z.string(),
  source: z.enum(sources),
  from: z.string().describe('Where exactly, for people: `--port`, `Q_PORT`, `port in q.yaml, line 3`.'),
});

export const settingSchema = z
  .object({
    name: z.string(),
    value: z.string().describe('What is in force, as text. Secrets are masked.'),
    source: z.enum(sources).describe('Who said so. From the weakest to the strongest: default … api.'),
    from: z.string().describe('Where exactly, for people.'),
    default: z.string(),
    values: z.array(valueSchema).describe('Every value that was given, the strongest first; the default is the last.'),
    type: z.string().describe('What a value is, in a word or two.'),
    allowed: z.string().describe('What is allowed, in words.'),
    doc: z.string(),
    reloadable: z.boolean().describe('It can change while the broker runs.'),
    secret: z.boolean(),
    afterRestart: z.string().nullable().describe('What is in force after a restart, where that is something else.'),
  })
  .meta({ id: 'Setting' });

const changedSchema = z.object({ name: z.string(), before: z.string(), after: z.string() });

export const reloadSchema = z
  .object({
    at: z.iso.datetime(),
    by: z.string().describe('What asked for it: `SIGHUP`, `the file changed`, `the admin API`.'),
    ok: z.boolean().describe('False: nothing was changed; `problems` say why.'),
    problems: z.array(z.string()),
    changed: z.array(changedSchema),
    needsRestart: z.array(z.string()).describe('Settings that only a restart puts in force as the sources have them.'),
  })
  .meta({ id: 'Reload' });

export const configSchema = z
  .object({
    file: z.string().nullable().describe('The file that settings are read from.'),
    lastReload: reloadSchema.nullable().describe('The last time that the sources were read again.'),
    needsRestart: z.array(z.string()),
    settings: z.array(settingSchema),
  })
  .meta({ id: 'Config' });

export const changeSchema = z
  .record(
    z.string().max(200),
    z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'a text, a number, true, false or null' }),
  )
  .describe('Settings by name. Null: it goes back to what it is without an API.');

export const changeResultSchema = z
  .object({
    dryRun: z.boolean(),
    changed: z.array(changedSchema).describe('Which become other ones.'),
    needsRestart: z.array(z.string()),
    settings: z.array(settingSchema).describe('Those that were named, as they are now.'),
  })
  .meta({ id: 'ConfigChange' });

export function settingJson(view: SettingView): z.input<typeof settingSchema> {
  const { isReloadable: reloadable, isSecret: secret, values, ...rest } = view;
  return { ...rest, reloadable, secret, values: values.map((value) => ({ ...value })) };
}

export function reloadJson({ atMs, problems, changed, needsRestart, by }: ReloadOutcome): z.input<typeof reloadSchema> {
  return {
    at: new Date(atMs).toISOString(),
    by,
    ok: problems.length === 0,
    problems: [...problems],
    changed: changed.map((one) => ({ ...one })),
    needsRestart: [...needsRestart],
  };
}
