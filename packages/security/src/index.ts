// @q/security: who may do what on a broker. No I/O, no clock, no chance.

// ── Access rules
/** An address in the one way in which rules and quotas have it; null for what is none. */
export { canonicalAddress } from './acl/address.ts';
/** Whose share of connections and of guesses an address takes. */
export { networkOf } from './acl/network.ts';
export { Authorizer } from './acl/authorizer.ts';
export type { Asker, Decision } from './acl/decision.ts';
export { cluster, clusterName, operationsOf, resourceTypes } from './acl/resource.ts';
export type { Operation, Resource, ResourceType } from './acl/resource.ts';
export { checkRule, ruleKey, wildcard } from './acl/rule.ts';
export { decodeRule, encodeRule, ruleKeyPrefix } from './acl/rule-record.ts';
export type { ReadRule, StoredRule } from './acl/rule-record.ts';
/** Whether a rule is among those that a filter asks for. */
export { isAmong } from './acl/rule-filter.ts';
export type { AclRule, PatternType } from './acl/rule.ts';
export type { RuleFilter } from './acl/rule-filter.ts';

// ── What each API needs
export type { DoorNeeds, Lack, Need } from './acl/api-needs.ts';
export { adminNeeds } from './acl/admin-needs.ts';
export { kafkaNeeds } from './acl/kafka-needs.ts';
export { nativeNeeds } from './acl/native-needs.ts';

// ── Users
export { checkUserName, principalOf, scramMechanisms } from './users/user.ts';
/** Whether a name is no user's, because rules give it another meaning. */
export { standsForOthers } from './users/user.ts';
export type { User } from './users/user.ts';
export { decodeUser, encodeUser } from './users/user-record.ts';
export { madeUpCredential } from './users/unknown-user.ts';
export type { RoundsInUse } from './users/unknown-user.ts';
export { LoginFailures } from './users/login-failures.ts';

// ── Quotas
export { checkEntity, everyOther, quotaKinds } from './quotas/quota.ts';
export type { EntityName, QuotaEntity, QuotaKind } from './quotas/quota.ts';
export { QuotaBook } from './quotas/quota-book.ts';
export type { QuotaInForce, QuotaUser } from './quotas/quota-book.ts';
export { decodeQuotas, encodeQuotas, quotaEntityOf, quotaKey, quotaPrefix } from './quotas/quota-record.ts';
export { RateMeter, throttleMsMax } from './quotas/rate-meter.ts';

// ── Names from certificates
export { formatDistinguishedName, parseSubject } from './identity/distinguished-name.ts';
export type { NameAttribute } from './identity/distinguished-name.ts';
export { parseAlternativeNames } from './identity/alternative-names.ts';
export type { AlternativeName } from './identity/alternative-names.ts';
export { parseMapping, splitMapping } from './identity/principal-mapping.ts';
export type { PrincipalMapping } from './identity/principal-mapping.ts';

// ── Limits
export { securityLimits } from './limits.ts';
export { parseNamePattern } from './patterns/name-pattern.ts';
