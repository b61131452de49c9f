import type { InitPorts } from './init-flags.ts';

/** What the settings file of a secured broker is about. Paths are absolute. */
export interface SecureSettings {
  readonly dataDir: string;
  readonly certificate: string;
  readonly key: string;
  readonly ports: InitPorts;
}

/** The file of settings: everything over TLS, for those only who log in. */
export function settingsText({ dataDir, certificate, key, ports }: SecureSettings): string {
  const text = (value: string): string => JSON.stringify(value);
  const chosen = Object.entries(ports).filter(([, port]) => port !== null);
  return [
    '# Made by "q-broker init --secure", for development. docs/CONFIGURATION.md tells of every setting.',
    `dataDir: ${text(dataDir)}`,
    `tlsCertFile: ${text(certificate)}`,
    `tlsKeyFile: ${text(key)}`,
    'authentication: scram',
    ...chosen.map(([setting, port]) => `${setting}: ${port}`),
    '',
  ].join('\n');
}

/** The ports that a file of settings names; null where it names none. */
export async function portsIn(text: string): Promise<InitPorts> {
  const { isMap, parseDocument } = await import('yaml');
  const { contents } = parseDocument(text);
  const portOf = (setting: keyof InitPorts): number | null => {
    const value: unknown = isMap(contents) ? contents.get(setting) : null;
    return typeof value === 'number' ? value : null;
  };
  return { port: portOf('port'), adminPort: portOf('adminPort'), kafkaPort: portOf('kafkaPort') };
}
