/** The certificates that the broker shows (row A2). */
import type { ListenerCertificates } from '@q/broker';
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';

const listenerCertificates = z
  .object({
    listener: z.string(),
    certificates: z
      .array(
        z.object({
          subject: z.string(),
          issuer: z.string().describe('Who signed it.'),
          names: z.array(z.string()).describe('Host names and addresses that it is for.'),
          serial: z.string(),
          validFromMs: z.number().describe('In ms since 1970.'),
          validToMs: z.number(),
        }),
      )
      .describe('Those in force, its own first.'),
    problem: z.string().nullable().describe('Why the files that are there now are not in force; null: they are.'),
  })
  .meta({ id: 'ListenerCertificates' });

const listCertificates = operation({
  id: 'listCertificates',
  method: 'get',
  path: '/api/v1/certificates',
  tag: 'security',
  summary: 'The certificates of each listener that encrypts, and until when they hold.',
  answer: json(z.array(listenerCertificates)),
  handle: (_input, { tools }) => shown(tools.certificates.list()),
});

const reloadCertificates = operation({
  id: 'reloadCertificates',
  method: 'post',
  path: '/api/v1/certificates/reload',
  tag: 'security',
  summary: 'Read the files of certificates again. What cannot be used leaves the old ones in force, and is told.',
  answer: json(z.array(listenerCertificates)),
  handle: async (_input, { tools, who }) => {
    await tools.certificates.reload('the admin API', who);
    return shown(tools.certificates.list());
  },
});

export const certificateOperations = [listCertificates, reloadCertificates] as const;

function shown(list: readonly ListenerCertificates[]): z.input<typeof listenerCertificates>[] {
  return list.map(({ listener, certificates, problem }) => ({
    listener,
    certificates: certificates.map(({ subject, issuer, names, serial, validFromMs, validToMs }) => ({
      subject,
      issuer,
      names: [...names],
      serial,
      validFromMs,
      validToMs,
    })),
    problem,
  }));
}
