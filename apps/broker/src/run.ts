import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, LogLine } from '@q/broker';
import { lazyAdmin } from './admin-extension.ts';
import { AlertWebhook } from './alert-webhook.ts';
import { brokerOptions } from './broker-options.ts';
import { keepCompiled } from './compile-cache.ts';
import { ExitCode, exitCodeOfSignal } from './exit-code.ts';
import { relaxExternalMemory } from './external-memory.ts';
import { makeFirstAdministrator } from './first-administrator.ts';
import { greeting, meaningOfAck, nextCommands } from './greeting.ts';
import { hasNoWayIn, listenerText, placeToCallAt } from './ways-in.ts';
import type { ReadyFacts } from './greeting.ts';
import { helpText } from './help.ts';
import { kafkaDoors, listenersOf } from './kafka-doors.ts';
import { LogShipping, otlpHeaders } from './log-shipping.ts';
import { chooseLogFormat, droppedFinding, ProgramLog } from './log.ts';
import type { LogFormat } from './log.ts';
import { commandLineCall } from './program-call.ts';
import { resolveSettings } from './resolve-settings.ts';
import type { KnownSettings, ResolvedSettings } from './resolve-settings.ts';
import { followSettings, isTerminalAttached } from './follow-settings.ts';
import { programSettings } from './program-settings.ts';
import { programInput } from './settings-input.ts';
import type { ProgramInput } from './settings-input.ts';
import { writeAddress } from './setting-text.ts';
import type { Settings } from './settings.ts';
import { isManaged, toldOf } from './service-manager/service-link.ts';
import type { ServiceLink } from './service-manager/service-link.ts';
import { explainStartFailure } from './start-failure.ts';
import { subsystemsAtStart } from './log/log-levels.ts';
import { inTime } from './in-time.ts';
import { firstStopSignal, releaseStopSignals } from './stop-signals.ts';
import { loadTokenChecks } from './token-options.ts';
import { packageVersion } from './version.ts';

/** Loading the log holds the process for 15 ms, so whoever waits for `/readyz` is answered first. */
const probeMs = 1;

/**
 * After the first clients were served: writing what was compiled takes some 20 ms, on the first start of a version
 * only.
 */
const keepCompiledMs = 2000;

/**
 * How long a start may go on after it was asked to stop: nearly all are done by then, and stop in order. Recovery may
 * take longer.
 */
const startGraceMs = 2000;

/** How long the last lines of the log may take to the collector. */
const shipTimeoutMs = 2000;

/** How long a stop may take in all: the requests under way have 10 s of it, and the rest is for what is to be saved. */
const stopTimeoutMs = 15_000;

/** The one word that is no flag: it sets a broker up, and runs none. */
const initCommand = 'init';

/** What the program is to do, and which of it somebody has asked for. */
interface Given extends KnownSettings {
  readonly input: ProgramInput;
}

/** The whole program: from the command line to the exit code. Ends the process itself. */
export async function run(): Promise<void> {
  // A terminal that was closed, a reader of the log that went away: no reason to stop serving, or to stop otherwise
  // than in order.
  process.stdout.on('error', () => undefined);
  if (process.argv[2] === initCommand) return end(await init(process.argv.slice(3)));
  const input = programInput({ argv: process.argv.slice(2), env: process.env });
  const resolved = await resolveSettings(input);
  switch (resolved.kind) {
    case 'help':
      process.stdout.write(helpText());
      return;
    case 'version':
      process.stdout.write(`${packageVersion()}\n`);
      return;
    case 'refused':
      return fail([...resolved.problems, 'q-broker --help lists every setting'], ExitCode.badSettings);
    case 'settings':
      return resolved.check || resolved.print !== null ? report(resolved) : serve({ ...resolved, input });
  }
}

async function init(argv: readonly string[]): Promise<ExitCode> {
  const { runInit } = await import('./init/run-init.ts');
  const { env, stdin, stdout, stderr } = process;
  return runInit(argv, {
    now: Date.now,
    env,
    input: { stdin, stderr },
    stdout,
    settingsInput: (words) => programInput({ argv: words, env }),
  });
}

/** Says what the settings are, or whether they are allowed, and nothing is opened. */
async function report(known: Extract<ResolvedSettings, { kind: 'settings' }>): Promise<void> {
  const { refusalOf, settingsJson, settingsText } = await import('./settings-report.ts');
  const problem = refusalOf(known);
  if (known.print !== null) process.stdout.write(known.print === 'json' ? settingsJson(known) : settingsText(known));
  if (problem !== null) return fail([problem], ExitCode.badSettings);
  if (known.print === null) process.stdout.write('the settings are allowed\n');
}

async function serve(given: Given): Promise<void> {
  const { settings, file, input } = given;
  const hangup = isTerminalAttached() ? 'stop' : 'reload';
  const stopSignal = firstStopSignal(process, { hangup });
  const format = chooseLogFormat(settings.logFormat, process.stdout.isTTY);
  const log = new ProgramLog({
    level: settings.logLevel,
    subsystems: subsystemsAtStart(settings.logLevel),
    format,
    secrets: secretsOf(settings),
  });
  exitOnFault(log);
  const manager = await serviceLink(log);
  manager?.starting();
  const { promise: mayLoad, resolve: announced } = Promise.withResolvers<void>();
  const shipping = new LogShipping(log, mayLoad);
  const broker = await startUnlessStopped(() => start(given, { log, mayLoad, shipping }), stopSignal);
  const facts = readyFacts(settings, broker);
  await sleep(probeMs);
  relaxExternalMemory();
  announce(facts, format, log);
  announced();
  manager?.ready(`serves at ${facts.url}`, broker);
  log.onLeftOut = (leftOut) => broker.health.note('logs.dropped', droppedFinding(leftOut));
  followSettings({ settings: toldOf(broker.settings, manager), file, input, hangup });
  setTimeout(keepCompiled, keepCompiledMs).unref();

  const signal = await stopSignal;
  log.info({ event: 'process.stopping', signal }, 'stopping; a second signal stops at once');
  await Promise.all([manager?.stopping(), stop(broker, { log, shipping })]);
}

/** Loaded only where a service manager wants to hear of the broker. */
async function serviceLink(log: ProgramLog): Promise<ServiceLink | null> {
  if (!isManaged(process.env)) return null;
  const { openServiceLink } = await import('./service-manager/open-service-manager.ts');
  return openServiceLink(process.env, log);
}

/** What never stands in a line, from the first one on. */
function secretsOf({ otlpLogsHeaders, alertWebhookSecret }: Settings): string[] {
  const headers = Object.values(otlpHeaders(otlpLogsHeaders ?? 'none'));
  return [otlpLogsHeaders, alertWebhookSecret, ...headers].filter((secret) => secret !== null);
}

interface ProgramTools {
  readonly log: ProgramLog;
  /** When there is time to load what the broker can do without. */
  readonly mayLoad: Promise<void>;
  readonly shipping: LogShipping;
}

async function start(given: Given, { log, mayLoad, shipping }: ProgramTools): Promise<Broker> {
  const { settings, input } = given;
  const webhook = new AlertWebhook();
  const allowedHosts = settings.adminAllowedHosts?.split(',') ?? [];
  const isKafkaPortGiven = given.given.some(({ name }) => name === 'kafkaPort');
  try {
    const [{ startBroker }, doors, listeners] = await Promise.all([
      import('@q/broker'),
      kafkaDoors(settings, { isPortGiven: isKafkaPortGiven }),
      listenersOf(settings),
      settings.oauthIssuer === null ? null : loadTokenChecks(),
    ]);
    const broker = await startBroker({
      ...brokerOptions(settings, lazyAdmin(mayLoad, { webhook: () => webhook.target, log, allowedHosts })),
      settings: programSettings(given, { input, log, webhook, shipping }),
      doors,
      listeners,
      logger: log,
      // The disk no longer keeps its promises, so nothing may be written any more, the clean-shutdown marker least of
      // all.
      onFatal: (error) =>
        exitAtOnce(
          log,
          { event: 'process.disk_failed', err: error },
          'storage failed; the broker stops and recovers its logs at the next start',
        ),
    });
    const administrator = await makeFirstAdministrator(settings, broker).catch(async (error: unknown) => {
      await broker.close();
      throw error;
    });
    if (administrator !== null)
      log.info({ event: 'broker.first_admin', user: administrator }, 'the first administrator was made');
    if (hasNoWayIn(broker))
      log.warn(
        { event: 'broker.no_users' },
        'whoever comes has to show a password, and there is no user: stop it, and make the first with q-broker init --admin NAME, or set firstAdmin',
      );
    return broker;
  } catch (error) {
    const failure = explainStartFailure(error, settings);
    log.debug({ event: 'process.start_failed', err: error }, 'start failed');
    log.open();
    return fail([failure.line], failure.exitCode);
  }
}

async function stop(broker: Broker, { log, shipping }: Pick<ProgramTools, 'log' | 'shipping'>): Promise<void> {
  try {
    await inTime(broker.close(), stopTimeoutMs);
  } catch (error) {
    return exitAtOnce(
      log,
      { event: 'process.stop_failed', err: error },
      'the broker could not stop cleanly; it recovers its logs at the next start',
    );
  }
  log.info({ event: 'process.stopped' }, 'stopped cleanly');
  // The last lines are worth a moment. A collector that does not answer does not hold the process.
  await inTime(shipping.stop(), shipTimeoutMs).catch(() => undefined);
  end(ExitCode.stopped);
}

/** What was recovered by then stays so, and the next start does the rest. */
async function startUnlessStopped<T>(begin: () => Promise<T>, stopSignal: Promise<NodeJS.Signals>): Promise<T> {
  let isStarting = true;
  void stopSignal.then(async (signal) => {
    await sleep(startGraceMs, undefined, { ref: false });
    if (isStarting) fail([`${signal} during the start; nothing was served`], exitCodeOfSignal(signal));
  });
  const started = await begin();
  isStarting = false;
  return started;
}

/**
 * A fault that nobody handled leaves the program in a state that nobody thought of: log, and let recovery do its work.
 */
function exitOnFault(log: ProgramLog): void {
  process.on('uncaughtException', (err) => exitAtOnce(log, { event: 'process.fault', err }, 'uncaught exception'));
  process.on('unhandledRejection', (err) => exitAtOnce(log, { event: 'process.fault', err }, 'unhandled rejection'));
}

function exitAtOnce(log: ProgramLog, line: LogLine<'fatal'>, what: string): never {
  releaseStopSignals(process);
  log.fatal(line, what);
  end(ExitCode.failed);
}

function isOfThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function readyFacts(settings: Settings, broker: Broker): ReadyFacts {
  const program = commandLineCall({ moduleUrl: import.meta.url, env: process.env });
  const kafka = broker.listeners.find(({ protocol }) => protocol === 'kafka');
  return {
    version: packageVersion(),
    url: broker.url,
    listeners: broker.listeners.map(listenerText),
    kafkaAddress: kafka === undefined ? null : writeAddress(kafka),
    isKafkaPortTaken: kafka === undefined && settings.kafkaPort !== null,
    adminUrl: broker.adminUrl,
    isOpen: settings.insecure && broker.users === null && broker.listeners.some(({ host }) => !isOfThisMachine(host)),
    dataDir: settings.storage === 'memory' ? null : resolve(settings.dataDir),
    acknowledgement: meaningOfAck(settings.storage, settings.topicDefaults['durability'] ?? settings.durability),
    startMs: Math.round(process.uptime() * 1000),
    next: nextCommands({ program, ...placeToCallAt(broker) }),
  };
}

function announce(facts: ReadyFacts, format: LogFormat, log: ProgramLog): void {
  // What has waited first: the greeting is the last word, and stays in sight.
  log.open();
  if (format === 'text') process.stdout.write(greeting(facts));
  else log.info({ event: 'process.ready', ...facts }, 'ready');
}

function fail(lines: readonly string[], exitCode: number): never {
  // Before anything is said: who reads it may send the next signal at once, and an exit that hangs does not hear it.
  releaseStopSignals(process);
  process.stderr.on('error', () => undefined);
  for (const line of lines) process.stderr.write(`q-broker: ${line}\n`);
  end(exitCode);
}

function end(exitCode: number): never {
  releaseStopSignals(process);
  process.exit(exitCode);
}
