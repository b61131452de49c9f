import type { ProgramSettings, ReadValues } from '@q/broker';
import type { AlertWebhook } from './alert-webhook.ts';
import type { LogShipping } from './log-shipping.ts';
import { programDefinitions } from './program-definitions.ts';
import { resolveSettings } from './resolve-settings.ts';
import type { KnownSettings, SettingsInput } from './resolve-settings.ts';
import { logLevels } from './settings.ts';
import type { LogLevel } from './settings.ts';

/** What of the program itself follows its settings while it runs. */
export interface ProgramParts {
  readonly log: { setLevel(level: LogLevel): void };
  readonly webhook: Pick<AlertWebhook, 'follow'>;
  readonly shipping: Pick<LogShipping, 'follow'>;
}

/** The settings of the program, for the broker: it tells them, changes them, and reads them again. */
export function programSettings(
  { given, file }: Pick<KnownSettings, 'given' | 'file'>,
  { input, log, webhook, shipping }: ProgramParts & { readonly input: SettingsInput },
): ProgramSettings {
  return {
    definitions: programDefinitions(),
    given,
    file,
    read: () => readAgain(input),
    apply: (valueOf) => {
      const level = logLevels.find((known) => known === valueOf('logLevel'));
      if (level !== undefined) log.setLevel(level);
      webhook.follow(valueOf);
      shipping.follow(valueOf);
    },
  };
}

async function readAgain(input: SettingsInput): Promise<ReadValues> {
  try {
    const resolved = await resolveSettings(input);
    if (resolved.kind === 'refused') return { problems: resolved.problems };
    return { given: resolved.kind === 'settings' ? resolved.given : [] };
  } catch (error) {
    return { problems: [`the settings could not be read: ${(error as Error).message}`] };
  }
}
