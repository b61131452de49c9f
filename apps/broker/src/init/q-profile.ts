import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeFile, replaceFile } from './new-files.ts';

/** A connection under a name, as `q profile add` would keep it. Its names are those of `q`. */
export interface QProfile {
  readonly url: string;
  readonly adminUrl: string;
  readonly ca: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** `kept`: there is one of that name. `unusable`: the file is not what `q` writes; it stays as it is. */
export type ProfileOutcome = 'made' | 'kept' | 'unusable';

/** Where `q` looks for it. */
export function profilePath(env: NodeJS.ProcessEnv): string {
  const chosen = env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(chosen) ? chosen : join(env['HOME'] || homedir(), '.config'), 'q', 'config.yaml');
}

/** The address of a profile of that name that leads to another broker than `profile` does; null: there is none. */
export async function otherProfile(path: string, name: string, profile: QProfile): Promise<string | null> {
  const { isMap, parseDocument } = await import('yaml');
  const found = parseDocument((await textOf(path)) ?? '').getIn(['profiles', name]);
  if (!isMap(found)) return null;
  const isSame = (['url', 'adminUrl', 'ca'] as const).every((field) => found.get(field) === profile[field]);
  return isSame ? null : String(found.get('url'));
}

/** Adds a profile to those of `q`; the first one is used from then on, as with `q profile add`. */
export async function addProfile(path: string, name: string, profile: QProfile): Promise<ProfileOutcome> {
  const { Document, isMap, parseDocument } = await import('yaml');
  const text = await textOf(path);
  const document = text === null || text.trim() === '' ? new Document({}) : parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return 'unusable';
  const profiles = document.get('profiles');
  if (profiles !== undefined && !isMap(profiles)) return 'unusable';
  if (document.hasIn(['profiles', name])) return 'kept';
  if (!isMap(profiles) || profiles.items.length === 0) document.set('current', name);
  document.setIn(['profiles', name], document.createNode({ ...profile }));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (text === null) await makeFile(path, document.toString());
  else await replaceFile(path, document.toString());
  return 'made';
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
