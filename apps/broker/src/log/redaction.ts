/**
 * Keeps secrets out of the log, whichever way they might come into a line: a field of a secret's name, the value of a
 * secret setting in an error, credentials in an address or a header.
 */

const mask = '***';

/** Fields that hold a secret, whoever made them. */
const secretName = /passw(?:or)?d|secret|token|authorization|api[-_]?key|private[-_]?key|credential|cookie/i;

/** `//user:password@host` */
const addressCredentials = /(\/\/)[^\s/@"\\]{1,256}@/g;
/** `Bearer …`, `Basic …` */
const headerCredentials = /\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi;
/** `password=…`, `api-key: …` in a text. */
const namedValue =
  /\b((?:[\w-]{0,32})(?:password|passwd|secret|token|api[-_]?key))(\s{0,2}[=:]\s{0,2})(?!\*\*\*)[^\s,;&"'\\{}[\]]{1,512}/gi;

/** Shorter ones stand in too many words to be told from them. */
const secretCharactersMin = 4;

/** Whether a field of this name is never told. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

export class Redaction {
  /** As they stand in JSON. */
  #secrets: readonly string[] = [];

  /** The values of secret settings as they are now: they are masked wherever they appear. */
  setSecrets(secrets: Iterable<string>): void {
    const forms = [...secrets]
      .filter((secret) => secret.length >= secretCharactersMin)
      .map((secret) => JSON.stringify(secret).slice(1, -1));
    // Longest first: one may be part of another.
    this.#secrets = [...new Set(forms)].sort((left, right) => right.length - left.length);
  }

  /** A line of JSON without anything secret. */
  line(json: string): string {
    let text = json;
    for (const secret of this.#secrets) if (text.includes(secret)) text = text.replaceAll(secret, mask);
    return text
      .replaceAll(addressCredentials, `$1${mask}@`)
      .replaceAll(headerCredentials, `$1 ${mask}`)
      .replaceAll(namedValue, `$1$2${mask}`);
  }

  /** The fields of a line: those with the name of a secret are masked. */
  fields(fields: object): object {
    const names = Object.keys(fields).filter((name) => isSecretName(name));
    return names.length === 0 ? fields : { ...fields, ...Object.fromEntries(names.map((name) => [name, mask])) };
  }
}
