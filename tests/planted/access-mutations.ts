import type { Mutation } from './mutation.ts';

const access = 'packages/broker/src/services/access';
const rules = 'packages/security/src/acl';
const seenAtBroker = 'packages/broker/test/access.test.ts';
const stored = 'packages/broker/test/services/access/rule-store.test.ts';
const matrix = 'tests/security/native-access.test.ts';

/** Bugs of who may do what. */
export const accessMutations: readonly Mutation[] = [
  {
    name: 'a fetch that waits goes on when the right to it is taken',
    test: seenAtBroker,
    file: 'packages/broker/src/services/fetch/fetch-plan.ts',
    find: '    if (access.revision === this.#accessRevision) return;',
    replace: '    if (access.revision >= this.#accessRevision) return;',
  },
  {
    name: 'who was removed is served for as long as its connection is open',
    test: 'packages/broker/test/login.test.ts',
    file: 'packages/broker/src/services/identity/user-store.ts',
    find: '    principal.isGone = true;',
    replace: '    principal.isGone = false;',
  },
  {
    name: 'a super user who was removed may everything',
    test: stored,
    file: `${access}/rule-access.ts`,
    find: '    return caller.principal.isGone !== true && this.#decide',
    replace: '    return this.#decide',
  },
  {
    name: 'each denial is a line of the log',
    test: seenAtBroker,
    file: 'packages/broker/src/session/request-report.ts',
    find: "  'NOT_AUTHORIZED',\n",
    replace: '',
  },
  {
    name: 'whoever may read all topics reads what is kept of passwords',
    test: matrix,
    file: `${access}/deciding-right.ts`,
    find: "operation === 'read' && name === metadataLogId.topic ?",
    replace: "operation === 'read' && name === '' ?",
  },
  {
    name: 'whoever may make topics makes those that a rule denies it, too',
    test: stored,
    file: `${access}/deciding-right.ts`,
    find: "  if (!own.isAllowed && own.by === 'rule') return null;\n",
    replace: '',
  },
  {
    name: 'a commit asks for the right to the group alone',
    test: matrix,
    file: `${access}/guarded-groups.ts`,
    find: "    const { allowed, refused } = this.#sort(request.topics, 'read', caller);\n    const answer = await this.#offsets.commit(",
    replace:
      "    const { allowed, refused } = this.#sort(request.topics, 'describe', caller);\n    const answer = await this.#offsets.commit(",
  },
  {
    name: 'the settings of a topic are shown to whoever may see it',
    test: matrix,
    file: 'packages/broker/src/services/topics/topic-catalog.ts',
    find: "this.#sees(name, 'describeConfigs', caller) ?",
    replace: "this.#sees(name, 'describe', caller) ?",
  },
  {
    name: 'records are deleted by whoever may alter their topic',
    test: matrix,
    file: `${access}/guarded-topics.ts`,
    find: "    demand(this.#access, caller, { operation: 'delete', resource: topicNamed(name) });\n    return this.#deletion.delete",
    replace:
      "    demand(this.#access, caller, { operation: 'alter', resource: topicNamed(name) });\n    return this.#deletion.delete",
  },
  {
    name: 'a refusal that a later version stored is left out',
    test: 'packages/security/test/acl/rule-record.test.ts',
    file: `${rules}/rule-record.ts`,
    find: "rules: fields[6] === 'allow' ? [] : refusals(fields)",
    replace: "rules: fields[6] === 'deny' || fields.length > 0 ? [] : refusals(fields)",
  },
  {
    name: 'what two entries refuse is allowed when one is gone',
    test: stored,
    file: `${access}/rule-store.ts`,
    find: '    if (reasons === 1) this.authorizer.remove(rule);',
    replace: '    if (reasons >= 1) this.authorizer.remove(rule);',
  },
  {
    name: 'an address that came through a socket of both kinds is another one',
    test: stored,
    file: `${rules}/authorizer.ts`,
    find: '  #decide({ principal: { name: principal }, address }: Asker, operation: Operation, resource: Resource): Decision {\n    const host = canonicalAddress(address) ?? address;',
    replace:
      '  #decide({ principal: { name: principal }, address }: Asker, operation: Operation, resource: Resource): Decision {\n    const host = address;',
  },
  {
    name: 'a decision is remembered when the rules have changed',
    test: 'packages/security/test/acl/authorizer.test.ts',
    file: `${rules}/authorizer.ts`,
    find: '    this.#decisions.clear();\n',
    replace: '',
  },
  {
    name: 'more rules are taken at once than there may be',
    test: stored,
    file: `${access}/rule-store.ts`,
    find: 'this.#entries.size + this.#adding >= securityLimits.rulesMax',
    replace: 'this.#entries.size >= securityLimits.rulesMax',
  },
  {
    name: 'a member that is held goes on when the right to its group is taken',
    test: seenAtBroker,
    file: `${access}/guarded-groups.ts`,
    find: '      if (access.revision !== revision) demand(access, caller, wish);\n',
    replace: '',
  },
];
