/**
 * Makes the name of a user out of the name of a certificate's subject, by rules in Kafka's notation:
 *
 *     DEFAULT                          the whole name
 *     RULE:PATTERN/REPLACEMENT/        where the pattern fits the whole name: the replacement, with $1 and so on
 *     RULE:PATTERN/REPLACEMENT/L       … in small letters; U: in capital ones
 *
 * and, beyond Kafka, `DNS:`, `EMAIL:` or `URI:` in place of `RULE:`, for an alternative name of that kind.
 *
 * The first rule that fits decides; a name that none fits is nobody's. Patterns run in time that grows with the name
 * alone (RE2), so they have no back references and do not look around.
 */
import { QError } from '@q/protocol';
import { RE2JS } from 're2js';
import { securityLimits } from '../limits.ts';
import type { AlternativeName } from './alternative-names.ts';

type Rule = (distinguishedName: string, alternatives: readonly AlternativeName[]) => string | null;

/** Names of users, by the names of certificates. Null: no rule fits. */
export type PrincipalMapping = (distinguishedName: string, alternatives?: readonly AlternativeName[]) => string | null;

/** @throws QError INVALID_CONFIG that shows the rule which cannot be read, and why */
export function parseMapping(rules: readonly string[]): PrincipalMapping {
  const { mappingRulesMax } = securityLimits;
  if (rules.length > mappingRulesMax) throw refused(`${rules.length} rules`, `at most ${mappingRulesMax} are taken`);
  const parsed = rules.map(parseRule);
  return (name, alternatives = []) => {
    for (const rule of parsed) {
      const user = rule(name, alternatives);
      if (user !== null) return user;
    }
    return null;
  };
}

function parseRule(text: string): Rule {
  if (text.length > securityLimits.mappingRuleCharactersMax)
    throw refused(text, `a rule has at most ${securityLimits.mappingRuleCharactersMax} characters`);
  if (text === 'DEFAULT') return (name) => name || null;
  const [, kind, pattern, replacement, letters] = wholeRule.exec(text) ?? [];
  if (pattern === undefined || replacement === undefined)
    throw refused(text, 'a rule is DEFAULT, or RULE:pattern/replacement/ with L or U behind it or nothing');
  const compiled = compile(text, pattern.replaceAll(String.raw`\/`, '/'));
  const made = replacement.replaceAll(String.raw`\/`, '/');
  const madeOf = (name: string): string | null => {
    const matcher = compiled.matcher(name);
    if (!matcher.matches()) return null;
    // Nobody is called nothing.
    return inLetters(matcher.replaceFirst(made), letters) || null;
  };
  if (kind === 'RULE') return madeOf;
  return (_, alternatives) => {
    for (const { kind: other, value } of alternatives.slice(0, securityLimits.alternativeNamesMax)) {
      const user = other === kind ? madeOf(value) : null;
      if (user !== null) return user;
    }
    return null;
  };
}

/** A slash within a pattern is written with a backslash before it. */
const wholeRule = /^(RULE|DNS|EMAIL|URI):((?:[^/\\]|\\.)*)\/((?:[^/\\]|\\.)*)\/([LU]?)$/s;
const ruleInList = /\s*(DEFAULT|(?:RULE|DNS|EMAIL|URI):(?:[^/\\]|\\.)*\/(?:[^/\\]|\\.)*\/[LU]?)\s*(?:,|$)/sy;

/**
 * Several rules in one text, separated by commas, as in Kafka's `ssl.principal.mapping.rules`. Null: it cannot be read.
 */
export function splitMapping(text: string): string[] | null {
  const rules: string[] = [];
  ruleInList.lastIndex = 0;
  while (ruleInList.lastIndex < text.length) {
    const rule = ruleInList.exec(text)?.[1];
    if (rule === undefined) return null;
    rules.push(rule);
  }
  return rules.length === 0 ? null : rules;
}

function compile(rule: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw refused(rule, `its pattern cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function inLetters(name: string, letters: string | undefined): string {
  if (letters === 'L') return name.toLowerCase();
  return letters === 'U' ? name.toUpperCase() : name;
}

function refused(rule: string, allowed: string): QError {
  const shown = JSON.stringify(rule.slice(0, 200));
  return new QError('INVALID_CONFIG', `mapping of certificates to users, ${shown}: ${allowed}`, {
    details: { setting: 'principalMapping', value: shown, allowed },
  });
}
