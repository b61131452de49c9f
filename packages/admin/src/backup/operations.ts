/** Backups of the running broker, as a tar (row O2). */
import type { RequestContext } from '../operation/operation.ts';
import { operation, own } from '../operation/operation.ts';
import { z } from 'zod';
import { earlierLines } from './earlier-lines.ts';

const answer = own({
  'application/x-tar': {
    schema: z.string().meta({ format: 'binary' }),
    description: 'The backup. It is whole when its last file is `backups/<id>.manifest`.',
  },
});

const getBackup = operation({
  id: 'getBackup',
  method: 'get',
  path: '/api/v1/backup',
  tag: 'backup',
  summary: 'A backup of everything, consistent to one moment, as a tar.',
  description:
    'For each partition the records below its high watermark of the moment of the request, and the offsets that groups had committed then. One backup is made at a time. `q backup restore` reads it.',
  answer,
  errors: ['BROKER_BUSY'],
  handle: (_input, context) => backup(context, new Map()),
});

const postBackup = operation({
  id: 'createBackupSince',
  method: 'post',
  path: '/api/v1/backup',
  tag: 'backup',
  summary: 'As GET, but without what an earlier backup has already.',
  description: 'The body is the manifest of that backup. The answer names its files, and needs them for a restore.',
  body: z.string().describe('A manifest, as the earlier backup has it.'),
  bodyTypes: ['application/octet-stream'],
  answer,
  errors: ['BROKER_BUSY'],
  handle: async (_input, context) => backup(context, await earlierLines(context.request.body)),
});

export const backupOperations = [getBackup, postBackup] as const;

async function backup(
  { services, closing, who }: RequestContext,
  earlier: ReadonlyMap<string, string>,
): Promise<Response> {
  const { id, chunks } = await services.backups.begin(earlier, who);
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // The connection is about to be closed, which tells whoever reads; an error here would stand in nobody's log.
        if (closing.aborted) return void (await chunks.return());
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return()),
    },
    // Nothing is read ahead: the memory of a piece is used again once some more were asked for.
    { highWaterMark: 0 },
  );
  return new Response(stream, {
    headers: {
      'content-type': 'application/x-tar',
      'content-disposition': `attachment; filename="q-backup-${id}.tar"`,
      'q-backup': id,
    },
  });
}
