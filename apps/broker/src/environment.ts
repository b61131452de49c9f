import { readGivenText } from './given-text.ts';
import { nearest } from './nearest.ts';
import type { GivenSetting, SettingSource } from './setting-source.ts';
import { commandLineVariables, configVariable, settingsList } from './settings-list.ts';

export interface Environment extends SettingSource {
  readonly configFile: string | undefined;
}

/**
 * Reads the variables whose names begin with `Q_`. An unknown one is a problem, because a setting that is misspelt and
 * silently ignored is how a broker ends up without the durability or the folder that its operator asked for.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const given: GivenSetting[] = [];
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('Q_') || value === undefined || isIgnored(name, value)) continue;
    const setting = settingsList.find((candidate) => candidate.env === name);
    if (setting === undefined)
      problems.push(`${shownVariable(name, value)} is not a variable of q-broker${didYouMean(name)}`);
    else {
      const read = readGivenText(setting, value, name);
      given.push(...read.given);
      problems.push(...read.problems);
    }
  }
  return { given, problems, configFile: env[configVariable] };
}

/** A misspelt one may hold what nobody should read in a log. */
function shownVariable(name: string, value: string): string {
  return /PASS|SECRET|TOKEN|KEY/.test(name) ? name : `${name}="${value}"`;
}

function isIgnored(name: string, value: string): boolean {
  return name === configVariable || commandLineVariables.includes(name) || isServiceLink(name, value);
}

/**
 * Kubernetes tells every container about every service through variables named after it, so a service called `q` sets
 * `Q_PORT=tcp://10.0.0.1:7420` and some more. Nobody wrote those as settings of the broker.
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^Q_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name)
    || (/^Q_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  );
}

function didYouMean(name: string): string {
  const guess = nearest(name, [...settingsList.map((setting) => setting.env), configVariable]);
  return guess === undefined ? '; unset it, or see q-broker --help' : `; did you mean ${guess}?`;
}
