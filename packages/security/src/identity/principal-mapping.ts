/**
 * Makes the name of a user out of the name of a certificate's subject, by rules in Kafka's notation:
 *
 *     DEFAULT                          the whole name
 *     RULE:PATTERN/REPLACEMENT/        where the pattern fits the whole name: the replacement, with $1 and so on
 *     RULE:PATTERN/REPLACEMENT/L       … in small letters; U: in capital ones
 *
 * The first rule that fits decides; a name that none fits is nobody's. Patterns run in time that grows with the name
 * alone (RE2), so they have no back references and do not look around.
 */
import { QError } from '@q/protocol';
import { RE2JS } from 're2js';
import { securityLimits } from '../limits.ts';

type Rule = (distinguishedName: string) => string | null;

/** Names of users, by the names of certificates. Null: no rule fits. */
export type PrincipalMapping = (distinguishedName: string) => string | null;

/** @throws QError INVALID_CONFIG that shows the rule which cannot be read, and why */
export function parseMapping(rules: readonly string[]): PrincipalMapping {
  const { mappingRulesMax } = securityLimits;
  if (rules.length > mappingRulesMax) throw refused(`${rules.length} rules`, `at most ${mappingRulesMax} are taken`);
  const parsed = rules.map(parseRule);
  return (name) => {
    for (const rule of parsed) {
      const user = rule(name);
      if (user !== null) return user;
    }
    return null;
  };
}

function parseRule(text: string): Rule {
  if (text.length > securityLimits.mappingRuleCharactersMax)
    throw refused(text, `a rule has at most ${securityLimits.mappingRuleCharactersMax} characters`);
  if (text === 'DEFAULT') return (name) => name || null;
  // A slash within a pattern is written with a backslash before it.
  const [, pattern, replacement, letters] = /^RULE:((?:[^/\\]|\\.)*)\/((?:[^/\\]|\\.)*)\/([LU]?)$/s.exec(text) ?? [];
  if (pattern === undefined || replacement === undefined)
    throw refused(text, 'a rule is DEFAULT, or RULE:pattern/replacement/ with L or U behind it or nothing');
  const compiled = compile(text, pattern.replaceAll(String.raw`\/`, '/'));
  const made = replacement.replaceAll(String.raw`\/`, '/');
  return (name) => {
    const matcher = compiled.matcher(name);
    if (!matcher.matches()) return null;
    // Nobody is called nothing.
    return inLetters(matcher.replaceFirst(made), letters) || null;
  };
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
