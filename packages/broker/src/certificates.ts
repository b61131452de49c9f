/** The certificates of a broker, tied to the parts that hear of them. */
import type { Closers } from './closers.ts';
import type { OpenServices } from './open-services.ts';
import type { ResolvedOptions } from './options.ts';
import { fieldOf } from './resolve-listeners.ts';
import type { TlsKeeper } from './tls/tls-keeper.ts';

/** Null: no listener encrypts. */
export async function keepCertificates(options: ResolvedOptions, closers: Closers): Promise<TlsKeeper | null> {
  const { listeners, clock, logger } = options;
  const wanted = listeners.flatMap(({ name, setting, tls: given }) =>
    given === null ? [] : [{ name, setting: fieldOf(setting, 'tls'), given }],
  );
  if (wanted.length === 0) return null;
  // Loaded only where it is wanted: it takes memory and time that others do not need.
  const [{ TlsKeeper: Keeper }, { nodePemFiles: files }] = await Promise.all([
    import('./tls/tls-keeper.ts'),
    import('./tls/node-pem-files.ts'),
  ]);
  const keeper = await Keeper.open(wanted, { clock, logger, files });
  closers.add(() => keeper.stop());
  return keeper;
}

/** They are read again with the settings, and when their files are others; what is wrong with them is told. */
export function followCertificates(tls: TlsKeeper | null, { settings, health, forDoors }: OpenServices): void {
  if (tls === null) return;
  tls.onReload((reloads) => {
    for (const { listener, problem, isChanged, certificate, author } of reloads) {
      const finding = problem === null ? null : { reason: `the old ones stay in force: ${problem}`, figures: {} };
      health.tell('certificate.bad', finding, listener);
      if (problem === null && !isChanged) continue;
      const { subject, serial, validToMs } = certificate;
      forDoors.audit.note({
        event: 'audit.certificates_reloaded',
        by: author,
        resource: { type: 'listener', name: listener },
        ...(problem === null
          ? { after: { subject, serial, validTo: new Date(validToMs).toISOString() } }
          : { result: 'failed' as const, reason: problem }),
      });
    }
  });
  settings.onReload(({ by }) => void tls.reload(by));
  tls.watch();
}
