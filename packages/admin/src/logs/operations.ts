/** The last lines of the log, and which lines are written (row O5). */
import { Problem } from '../http/problem.ts';
import { limits } from '../limits.ts';
import { json, operation, own } from '../operation/operation.ts';
import type { RequestContext } from '../operation/operation.ts';
import { eventHeartbeat, eventStream, lineStream } from '../stream/events.ts';
import { followedLines } from './followed-lines.ts';
import { levelChange, logLevels, logLine, logLines, logsQuery, sinceMs } from './log-schemas.ts';
import type { LogTailFilter, ProgramLog } from '../program-log.ts';

const readLogs = operation({
  id: 'readLogs',
  method: 'get',
  path: '/api/v1/logs',
  tag: 'logs',
  summary: 'The last lines of the log, or each line as it is said.',
  description:
    'The broker keeps the last lines in memory, since its start at most. Events follow; a reader that comes back with `Last-Event-ID` goes on where it was.',
  query: logsQuery,
  answer: own({
    'application/json': { schema: logLines, description: 'The newest lines, oldest first.' },
    [lineStream]: { schema: logLine, description: 'The same, a line each.' },
    [eventStream]: { schema: logLine, description: 'Events `line`, and `missed` for a reader that is too slow.' },
  }),
  handle: ({ query }, context) => {
    const { accepted, request, streams, who, holds, onChange, cut, tools } = context;
    const { tail } = logOf(context);
    const { level, event, since, limit = limits.logLinesDefault } = query;
    const filter: LogTailFilter = {
      level,
      event,
      sinceMs: since === undefined ? undefined : (sinceMs(since, tools.clock.now()) ?? undefined),
      afterNumber: lastSeen(request),
    };
    if (accepted === eventStream) {
      const source = (signal: AbortSignal): AsyncGenerator<string> => followedLines({ tail, filter, limit, signal });
      return streams.respond({ type: accepted, who, heartbeat: eventHeartbeat, holds, onChange, cut, source });
    }
    const lines = tail.last(limit, filter).map((line) => line.json);
    const body = accepted === lineStream ? lines.map((line) => `${line}\n`).join('') : `{"lines":[${lines.join()}]}`;
    return new Response(body, { headers: { 'content-type': accepted } });
  },
});

const getLevels = operation({
  id: 'getLogLevel',
  method: 'get',
  path: '/api/v1/log-level',
  tag: 'logs',
  summary: 'Which lines are written: of all of the log, and of subsystems that have a level of their own.',
  answer: json(logLevels),
  handle: (_input, context) => levelsOf(logOf(context)),
});

const setLevel = operation({
  id: 'setLogLevel',
  method: 'put',
  path: '/api/v1/log-level',
  tag: 'logs',
  summary: 'Changes which lines are written, at once and until the next start or reload.',
  body: levelChange,
  answer: json(logLevels),
  handle: ({ body: { level, subsystem } }, context) => {
    const log = logOf(context);
    const before = factsOf(log, subsystem);
    if (subsystem !== undefined) log.levels.setSubsystem(subsystem, level);
    else if (level !== null) log.levels.setLevel(level);
    const threshold = level ?? log.levels.level;
    context.services.audit.note({
      event: 'audit.log_level_changed',
      by: context.who,
      operation: 'alterConfigs',
      resource: { type: 'log', name: subsystem ?? 'log' },
      before,
      after: factsOf(log, subsystem),
    });
    context.tools.logger.info(
      { event: 'log.level_changed', threshold, subsystem, by: 'the admin API' },
      'the level of the log was changed',
    );
    return levelsOf(log);
  },
});

export const logOperations = [readLogs, getLevels, setLevel] as const;

/** @throws Problem NOT_FOUND where the program has given none */
function logOf({ log }: RequestContext): ProgramLog {
  if (log !== null) return log;
  throw new Problem('NOT_FOUND', 'this broker runs inside another program, which keeps the log to itself');
}

/** `default`: as the rest of the log. */
function factsOf(
  { levels: { level, subsystems } }: ProgramLog,
  subsystem: string | undefined,
): { readonly level: string; readonly subsystem?: string } {
  return subsystem === undefined ? { level } : { level: subsystems.get(subsystem) ?? 'default', subsystem };
}

function levelsOf({ levels: { level, subsystems } }: ProgramLog): {
  level: typeof level;
  subsystems: Record<string, typeof level>;
} {
  return { level, subsystems: Object.fromEntries(subsystems) };
}

/** The line that a reader had last when it was cut off. */
function lastSeen(request: Request): number | undefined {
  const id = request.headers.get('last-event-id') ?? '';
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
