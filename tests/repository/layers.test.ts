import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { productionSources, readRepositoryFile, workspaceFolders, workspaceOf } from './source-files.ts';

// Who may import whom inside the broker: each layer, and those that it may look down to. The files beside the folders
// are ports and values that all may use, but for those named here, which put the others together.
const brokerLayers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  metrics: [],
  metadata: [],
  tracing: [],
  background: [],
  'state-log': [],
  'log-events': [],
  tls: [],
  admin: ['errors', 'metrics', 'services', 'tls', 'transport'],
  transport: ['errors', 'metrics', 'tls'],
  services: ['errors', 'metrics', 'metadata', 'state-log', 'tls'],
  session: ['errors', 'metrics', 'services', 'tracing', 'transport'],
};
/** Ports that are types over a folder of tables. */
const brokerPorts: Readonly<Record<string, readonly string[]>> = { 'logger.ts': ['log-events'] };
const brokerTop = [
  'index.ts',
  'start-broker.ts',
  'open-services.ts',
  'broker.ts',
  'admin-servers.ts',
  'certificates.ts',
  'door.ts',
  'identity-at.ts',
  'listener-authentication.ts',
  'listener-options.ts',
  'listeners.ts',
  'listeners-without-login.ts',
  'open-listeners.ts',
  'resolve-listeners.ts',
  'admin-extension.ts',
  'live-options.ts',
  'open-settings.ts',
  'options.ts',
];

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The files of a package, and which of them each imports, types included. */
function fileGraph(folder: string): Map<string, Set<string>> {
  const files = productionSources().filter((path) => workspaceOf(path) === folder);
  return new Map(
    files.map((path) => {
      const targets = importsOf(readRepositoryFile(path))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier));
      return [path, new Set(targets.filter((target) => files.includes(target)))];
    }),
  );
}

/** `packages/broker/src/transport/output.ts` -> `transport`; a file beside the folders stands for itself. */
function folderOf(path: string): string {
  return path.split('/src/')[1]!.split('/')[0]!;
}

function folderGraph(files: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [path, targets] of files) {
    const from = folderOf(path);
    const edges = folders.get(from) ?? new Set();
    folders.set(from, edges);
    for (const target of targets) if (folderOf(target) !== from) edges.add(folderOf(target));
  }
  return folders;
}

/** The nodes that can be reached from themselves, in groups that reach each other. */
function circlesOf(graph: Graph): string[][] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachableFrom(graph, node)]));
  const inCircles = [...graph.keys()].filter((node) => reached.get(node)!.has(node));
  const circles = new Map<string, string[]>();
  for (const node of inCircles) {
    const circle = inCircles
      .filter((other) => reached.get(node)!.has(other) && reached.get(other)!.has(node))
      .toSorted();
    circles.set(circle[0]!, circle);
  }
  return [...circles.values()];
}

function reachableFrom(graph: Graph, start: string): Set<string> {
  const seen = new Set<string>();
  const open = [...graph.get(start)!];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...graph.get(node)!);
  }
  return seen;
}

describe('layers', () => {
  it.each(workspaceFolders())('%s has no files that import each other in a circle', (folder) => {
    expect(circlesOf(fileGraph(folder))).toEqual([]);
  });

  it.each(workspaceFolders())('%s has no folders that import each other in a circle', (folder) => {
    expect(circlesOf(folderGraph(fileGraph(folder)))).toEqual([]);
  });

  it('lets no layer of the broker look up', () => {
    const wrong: string[] = [];
    for (const [path, targets] of fileGraph('packages/broker')) {
      const allowed = brokerLayers[folderOf(path)] ?? brokerPorts[folderOf(path)];
      for (const target of targets) {
        const [from, to] = [folderOf(path), folderOf(target)];
        const isDown =
          to in brokerLayers ? (allowed?.includes(to) ?? brokerTop.includes(from)) : !brokerTop.includes(to);
        if (from !== to && !isDown && !brokerTop.includes(from)) wrong.push(`${path} -> ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('lets what is known of the batches of a log know no disk', () => {
    const files = fileGraph('packages/storage');
    const pure = [...files.keys()].filter((path) =>
      ['dedup', 'epochs', 'producers', 'concurrency'].includes(folderOf(path)),
    );
    const onDisk = pure.flatMap((path) =>
      [...reachableFrom(files, path)]
        .filter((target) => /\/(files|file-system|store|log|room)\//.test(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(pure.length).toBeGreaterThan(8);
    expect(onDisk).toEqual([]);
  });

  it('names every folder of the broker', () => {
    const folders = [...fileGraph('packages/broker').keys()].map(folderOf).filter((name) => !name.endsWith('.ts'));
    expect([...new Set(folders)].toSorted()).toEqual(Object.keys(brokerLayers).toSorted());
  });

  it('keeps what the native protocol says on the wire out of the services and the transport', () => {
    const wire = new Set(
      importsOf(readRepositoryFile('packages/protocol/src/index.ts'))
        .filter(({ specifier }) => /^\.\/(apis|frame|messages|schema)\//.test(specifier))
        .flatMap(({ names }) => names),
    );
    const wrong: string[] = [];
    for (const path of productionSources().filter((file) =>
      /^packages\/broker\/src\/(services|transport)\//.test(file),
    )) {
      for (const { specifier, names } of importsOf(readRepositoryFile(path))) {
        if (specifier !== '@q/protocol') continue;
        wrong.push(...names.filter((name) => wire.has(name)).map((name) => `${path}: ${name}`));
      }
    }
    expect(wire.size).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });
});
