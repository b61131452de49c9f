import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { hasCommand, runCommand } from '../kafka/clients/command.ts';
import { pythonEnvironment } from '../python-environment.ts';
import type { PythonEnvironment } from '../python-environment.ts';

const folder = fileURLToPath(new URL('../../deploy/helm/q', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

let environment: PythonEnvironment;
/** Reads manifests as Kubernetes' own types have them; null where there is no Go to build it. */
let strict: string | null = null;
beforeAll(async () => {
  environment = await pythonEnvironment('helm', join(here, 'helm-requirements.txt'));
  if ('missing' in environment) return console.warn(`the chart is not rendered here: ${environment.missing}`);
  if (!(await hasCommand('go', ['version'])))
    return console.warn('manifests are not read strictly here: there is no go');
  const program = fileURLToPath(new URL('../../node_modules/.cache/strict-manifests', import.meta.url));
  await runCommand('go', ['build', '-o', program, '.'], { folder: join(here, 'strict') });
  strict = program;
}, 240_000);

/** What is wrong with each manifest: a line with its kind. */
async function judged(manifests: readonly object[]): Promise<string[]> {
  if (strict === null) return [];
  const running = promisify(execFile)(strict, []);
  running.child.stdin?.end(JSON.stringify(manifests));
  return (await running).stdout.trim().split('\n');
}

async function rendered(values: object): Promise<Manifest[]> {
  if ('missing' in environment) return [];
  const out = await runCommand(join(environment.programs, 'python'), [
    join(here, 'render.py'),
    folder,
    JSON.stringify(values),
  ]);
  const { lint, files } = JSON.parse(out) as { lint: { errors: unknown[] }; files: Record<string, string> };
  expect(lint.errors).toEqual([]);
  return Object.entries(files)
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

function only<T>(manifests: readonly Manifest[], kind: string): T {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as T;
}

interface Pod {
  readonly containers: readonly {
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: object;
  }[];
}
interface Stateful {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly metadata: { readonly annotations: Record<string, string> }; readonly spec: Pod };
  };
}

const everything = {
  advertised: 'q.example.com:7420',
  kafkaAdvertised: 'q.example.com:9092',
  extraEnv: [{ name: 'OTEL_SERVICE_NAME', value: 'q' }],
  imagePullSecrets: [{ name: 'pull' }],
  settings: { logLevel: 'debug', topicDefaults: { 'retention.ms': 86_400_000 } },
  security: {
    authentication: 'scram,certificate',
    tlsSecret: 'q-tls',
    clientCertificates: 'wanted',
    firstAdminSecret: 'q-admin',
  },
  persistence: { storageClass: 'fast', annotations: { a: 'b' } },
  podAnnotations: { a: 'b' },
  podLabels: { team: 'orders' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'disk', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { nodeAffinity: {} },
  priorityClassName: 'high',
  serviceAccount: { annotations: { a: 'b' } },
  service: { annotations: { a: 'b' }, type: 'LoadBalancer' },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  networkPolicy: {
    clients: [{ namespaceSelector: { matchLabels: { team: 'orders' } } }],
    admins: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
  },
};
const nothing = {
  kafka: { enabled: false },
  serviceAccount: { create: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
};

describe('the chart', () => {
  it('A1 encrypts and asks who comes by Secrets, and lets everybody in only where that is asked for', async (context) => {
    if ('missing' in environment) return context.skip(environment.missing);
    const envOf = async (values: object) => {
      const { spec } = only<Stateful>(await rendered(values), 'StatefulSet');
      return new Map(spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value]));
    };
    const secured = await envOf(everything);
    expect(secured.get('Q_TLS_CERT_FILE')).toBe('/etc/q-tls/tls.crt');
    expect(secured.get('Q_TLS_CLIENT_CERTIFICATES')).toBe('wanted');
    expect(secured.get('Q_AUTHENTICATION')).toBe('scram,certificate');
    expect(secured.get('Q_FIRST_ADMIN')).toBe('admin');
    expect(secured.has('Q_INSECURE')).toBe(false);
    expect((await envOf({})).has('Q_INSECURE')).toBe(false);
    expect((await envOf({ security: { insecure: true } })).get('Q_INSECURE')).toBe('true');
  }, 60_000);

  it.each([
    ['with its defaults', {}, 7],
    ['with everything', everything, 8],
    ['with as little as there is', nothing, 4],
  ])('Q1 %s is what Kubernetes understands', async (_how, values, count) => {
    const manifests = await rendered(values);
    if ('missing' in environment) return;
    expect(manifests).toHaveLength(count);
    const wrong = (await judged(manifests)).filter((line) => !line.endsWith(' ok'));
    expect(wrong.filter((line) => line !== 'ServiceMonitor not of Kubernetes')).toEqual([]);
  });

  it('Q1 would be refused with a field that Kubernetes does not have', async (context) => {
    if (strict === null) return context.skip('there is no go');
    const [manifest] = await rendered({ podDisruptionBudget: { enabled: true } });
    expect(await judged([{ ...manifest, spek: {} }])).toEqual([expect.stringContaining('unknown field "spek"')]);
  });

  it('Q1 runs one broker, not as root, on a root that is read-only', async () => {
    const manifests = await rendered({});
    if ('missing' in environment) return;
    const { spec } = only<Stateful>(manifests, 'StatefulSet');
    expect(spec.replicas).toBe(1);
    expect(spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001 },
    });
    expect(spec.template.spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('Q1 gives the pod another checksum when the settings change, which restarts it', async () => {
    const of = async (values: object): Promise<unknown> => {
      const manifests = await rendered(values);
      return only<Stateful>(manifests, 'StatefulSet').spec.template.metadata.annotations['checksum/settings'];
    };
    if ('missing' in environment) return;
    const [plain, again, other] = [await of({}), await of({}), await of({ settings: { logLevel: 'debug' } })];
    expect(again).toBe(plain);
    expect(other).not.toBe(plain);
    expect(await of({ applySettings: 'reload', podAnnotations: { a: 'b' } })).toBeUndefined();
  });

  it('Q1 sets no variable and no setting that the broker does not know', async () => {
    const reference = readFileSync(join(folder, '../../../docs/CONFIGURATION.md'), 'utf8');
    const manifests = await rendered(everything);
    if ('missing' in environment) return;
    const [container] = only<Stateful>(manifests, 'StatefulSet').spec.template.spec.containers;
    const names = container!.env.map(({ name }) => name).filter((name) => name.startsWith('Q_'));
    expect(names.length).toBeGreaterThan(6);
    expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
    const values = readFileSync(join(folder, 'values.yaml'), 'utf8');
    const shown = /^settings:\n((?: {2}.*\n)+)/m.exec(values)?.[1] ?? '';
    const keys = [...shown.matchAll(/^ {2}(?:# )?(\w+):/gm)].map(([, key]) => key);
    expect(keys).toEqual(['logLevel', 'storageMaxBytes', 'topicDefaults']);
    expect(keys.filter((key) => !reference.includes(`\`${key}\``))).toEqual([]);
  });
});
