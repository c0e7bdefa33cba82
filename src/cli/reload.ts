// Part of cli: SIGHUP: the rules of the configuration as it is now, without a restart. Keys, ports and bounds wait for one.
import { type AppConfig, optionGroups } from '../app/options.ts';
import { type Effective, loadConfig, processSources } from '../config/load.ts';
import { renderProblem } from '../config/problems.ts';
import { Secret } from '../model/secret.ts';
import type { LogLine } from '../telemetry/logger.ts';

export interface ReloadOptions {
  /** As the process was started. */
  flags: readonly string[];
  /** What is in force, and as it was typed. */
  config: AppConfig;
  effective: readonly Effective[];
  apply(config: AppConfig): void;
  /** Its files may be others under the same names. */
  renewCertificate(): void;
  log: LogLine;
}

const { routing, sampleRatios, sampleSlowMs, sampleDryRun } = optionGroups.process;
/** The options that take effect at once. The files of SIDECAST_SAMPLING_RULES are read again all the time. */
const RULES: readonly string[] = [
  ...[routing, sampleRatios, sampleSlowMs, sampleDryRun],
  ...Object.values(optionGroups.redact),
].map(({ env }) => env);

export function createReload({
  flags,
  config,
  effective,
  apply,
  renewCertificate,
  log,
}: ReloadOptions): () => void {
  const inForce = comparable(config, effective);
  return () => {
    renewCertificate();
    const { values, effective: found, problems } = loadConfig(optionGroups, processSources(flags));
    if (problems.length > 0) {
      const fix = 'Correct it (sidecast validate says the same), and send SIGHUP again.';
      log('error', 'config_invalid', 'nothing has changed: the configuration read again has problems', {
        problems: problems.map(renderProblem),
        fix,
      });
      return;
    }
    const renewed = comparable(values, found);
    const changed = found.filter(({ option: { env } }) => inForce.get(env) !== renewed.get(env));
    const rules = changed.filter(({ option }) => RULES.includes(option.env));
    if (rules.length > 0) apply(values);
    for (const { option } of rules) inForce.set(option.env, renewed.get(option.env));
    const waiting = changed.filter((entry) => !rules.includes(entry)).map(({ option }) => option.env);
    const words = waiting.length > 0 ? '; what is under needRestart needs a restart' : '';
    log(waiting.length > 0 ? 'warn' : 'info', 'config_reloaded', `the configuration was read again${words}`, {
      inForce: Object.fromEntries(rules.map(({ option, value }) => [option.env, value])),
      ...(waiting.length > 0 ? { needRestart: waiting } : {}),
    });
  };
}

/** By variable, as typed; of a secret the value itself, since two of them may look alike masked. */
function comparable(config: AppConfig, effective: readonly Effective[]): Map<string, string | undefined> {
  const all = new Map(effective.map(({ option, value }) => [option.env, value]));
  const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = config;
  for (const [group, options] of Object.entries(optionGroups))
    for (const [key, { env }] of Object.entries(options)) {
      const value = values[group]?.[key];
      if (value instanceof Secret) all.set(env, value.reveal());
    }
  return all;
}
