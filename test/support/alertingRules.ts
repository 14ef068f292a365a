/**
 * `alerting_rules.yml` and its promtool tests as data.
 */
import { listFiles, readOneYaml } from './repoFiles.ts';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Alert = Rule & { readonly alert: string };

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

interface RuleTestFile {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

export const readRules = (): readonly Rule[] => (readOneYaml('alerting_rules.yml') as RuleFile).groups.flatMap(({ rules }) => rules);

export const readAlerts = (): readonly Alert[] => readRules().filter((rule): rule is Alert => rule.alert !== undefined);

export const ruleTestFiles = (): readonly string[] => listFiles('test/ops', '.test.yml');

/** How often promtool's tests expect an alert to fire, and how often not to. */
export const countExpectations = (alert: string): { readonly fires: number; readonly silent: number } => {
  const expected = ruleTestFiles()
    .flatMap((file) => (readOneYaml(file) as RuleTestFile).tests)
    .flatMap((test) => test.alert_rule_test)
    .filter(({ alertname }) => alertname === alert)
    .map(({ exp_alerts: alerts }) => alerts.length > 0);
  return { fires: expected.filter(Boolean).length, silent: expected.filter((fires) => !fires).length };
};
