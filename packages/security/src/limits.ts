/** Every bound of this package. */
export const securityLimits = {
  /** Access control rules of a broker. */
  rulesMax: 20_000,
  /** Of the name of a user or a resource. */
  nameCharactersMax: 249,
  /** Of a principal: the names of certificates are longer than those of users. */
  principalCharactersMax: 1_024,
  /** Decisions that are remembered; when there is no room, all are forgotten. */
  decisionsMax: 50_000,
  /** Users of a broker. */
  usersMax: 10_000,
  /** Rounds in which a password is hashed, and the salt of it. Kafka's tools and clients take no more than 16,384. */
  scramIterationsMin: 4_096,
  scramIterationsMax: 16_384,
  saltBytesMin: 8,
  saltBytesMax: 64,
  /** Whom failed logins are remembered of: user and network, network, and who came in from where. */
  loginFailuresMax: 10_000,
  /** A failed login is answered after so long; each further one of the same user and network after twice the time. */
  loginDelayMsMin: 100,
  loginDelayMsMax: 5_000,
  /** After so long without a failure the next one is a first one again. */
  loginFailuresForgottenMs: 300_000,
  /** A network may guess so often; from then on it gets one check each `networkTurnMs`, whichever users it names. */
  networkFailuresFree: 10,
  networkTurnMs: 250,
  /** Who came in from a network within this time does not wait for others there. */
  cameInForgottenMs: 86_400_000,
  /** Passwords that were right a moment ago are known again for so long; and so many of them. */
  knownPasswordMs: 60_000,
  knownPasswordsMax: 1_000,
  /** Quotas of a broker. */
  quotasMax: 10_000,
  /** Whose use of a quota is counted. */
  quotaUsersMax: 20_000,
  /** Rules that make principals of certificates, and the length of each. */
  mappingRulesMax: 32,
  mappingRuleCharactersMax: 1_024,
  /** Alternative names of one certificate that are looked at. */
  alternativeNamesMax: 64,
  /** Of a regular expression for names, and the steps that it is made of: a name takes that many for each character. */
  namePatternCharactersMax: 249,
  namePatternStepsMax: 1_000,
} as const;
