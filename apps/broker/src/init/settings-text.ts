/** What the settings file of a secured broker is about. Paths are absolute. */
export interface SecureSettings {
  readonly dataDir: string;
  readonly certificate: string;
  readonly key: string;
}

/** The file of settings: everything over TLS, for those only who log in. */
export function settingsText({ dataDir, certificate, key }: SecureSettings): string {
  const text = (value: string): string => JSON.stringify(value);
  return [
    '# Made by "q-broker init --secure", for development. docs/CONFIGURATION.md tells of every setting.',
    `dataDir: ${text(dataDir)}`,
    `tlsCertFile: ${text(certificate)}`,
    `tlsKeyFile: ${text(key)}`,
    'authentication: scram',
    '',
  ].join('\n');
}
