import type { Mutation } from './mutation.ts';

const trail = 'packages/broker/src/services/audit';
const tokens = 'packages/broker/src/services/identity/tokens';
const tokenTest = 'packages/broker/test/services/identity/tokens/token-verifier.test.ts';

/** Bugs of the audit trail, and of what checks tokens. */
export const trailAndTokenMutations: readonly Mutation[] = [
  {
    name: 'a deleted group is not told',
    test: 'packages/broker/test/audit-of-changes.test.ts',
    file: 'packages/broker/src/services/groups/offset-changes.ts',
    find: "      event: 'audit.group_deleted',",
    replace: "      event: 'audit.group_offsets_set',",
  },
  {
    name: 'each of 1,900 denials a second is told',
    test: 'packages/broker/test/services/audit/audit.test.ts',
    file: `${trail}/repeats.ts`,
    find: '      known.count += 1;\n      return false;',
    replace: '      known.count += 1;\n      return true;',
  },
  {
    name: 'a token in the place of a name stands in the audit trail',
    test: 'packages/broker/test/services/audit/audit.test.ts',
    file: `${trail}/audit-entry.ts`,
    find: 'return shortened(text, max).replace(secrets, mask);',
    replace: 'return shortened(text, max);',
  },
  {
    name: 'entries that could not be written are forgotten',
    test: 'packages/broker/test/services/audit/audit-writer.test.ts',
    file: `${trail}/audit-writer.ts`,
    find: '      this.#failed(error);\n      return;',
    replace: '      this.#failed(error);',
  },
  {
    name: 'everybody reads the audit trail',
    test: 'packages/broker/test/audit-reading.test.ts',
    file: 'packages/broker/src/services/access/guarded-audit.ts',
    find: "    demand(this.#access, caller, { operation: 'read', resource: topicNamed(auditLogId.topic) });",
    replace: '    void [this.#access, caller, demand, topicNamed, auditLogId];',
  },
  {
    name: 'a token for another service is taken',
    test: tokenTest,
    file: `${tokens}/jwt-verifier.ts`,
    find: '        audience: [...audience],\n',
    replace: '',
  },
  {
    name: 'a token that never ends is taken',
    test: tokenTest,
    file: `${tokens}/jwt-verifier.ts`,
    find: 'if (!(endMs - begunMs <= lifetimeMsMax))',
    replace: 'if (endMs - begunMs > lifetimeMsMax && endMs < Infinity)',
  },
  {
    name: 'each token with an unknown key asks the issuer for keys',
    test: tokenTest,
    file: `${tokens}/token-keys.ts`,
    find: 'return sinceMs < tokenLimits.requestPauseMs ? Promise.resolve() : this.#read();',
    replace: 'return sinceMs < 0 ? Promise.resolve() : this.#read();',
  },
  {
    name: 'an issuer that says nonsense takes the keys away',
    test: tokenTest,
    file: `${tokens}/token-keys.ts`,
    find: '      this.#failed((error as Error).message);',
    replace: '      this.#known = null;\n      this.#failed((error as Error).message);',
  },
  {
    name: 'keys are fetched over a plain connection from anywhere',
    test: tokenTest,
    file: `${tokens}/token-options.ts`,
    find: "return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));",
    replace: "return protocol === 'https:' || protocol === 'http:' || loopback.has(hostname);",
  },
];
