import { Authorizer } from '@q/security';

const authorizer = new Authorizer({ superUsers: ['User:admin'] });
const billing = { principal: 'User:billing', host: '*', resourceType: 'topic' } as const;
authorizer.add({
  ...billing,
  permission: 'allow',
  operation: 'read',
  patternType: 'prefixed',
  resourceName: 'orders',
});
authorizer.add({
  ...billing,
  permission: 'deny',
  operation: 'all',
  patternType: 'literal',
  resourceName: 'orders.raw',
});

const asker = { principal: { name: 'User:billing' }, address: '10.0.0.7' };
console.log(authorizer.decide(asker, 'read', { type: 'topic', name: 'orders.eu' }).isAllowed); // true
console.log(authorizer.decide(asker, 'describe', { type: 'topic', name: 'orders.eu' }).isAllowed); // true: who reads
console.log(authorizer.decide(asker, 'write', { type: 'topic', name: 'orders.eu' }).isAllowed); // false: no rule
console.log(authorizer.decide(asker, 'read', { type: 'topic', name: 'orders.raw' }).rule?.permission); // deny
