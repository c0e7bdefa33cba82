// Part of cli: SIGHUP: the rules of the configuration as it is now, without a restart. Keys, ports and bounds wait for one.
import { type AppConfig, optionGroups } from '../app/options.ts';
import { type Effective, loadConfig, processSources } from '../config/load.ts';
import { renderProblem } from '../config/problems.ts';
import type { LogLine } from '../telemetry/logger.ts';

export interface ReloadOptions {
  /** As the process was started. */
  flags: readonly string[];
  /** What is in force. */
  effective: readonly Effective[];
  apply(config: AppConfig): void;
  log: LogLine;
}

/** The options that take effect at once. The files of SIDECAST_SAMPLING_RULES are read again all the time. */
const RULES: readonly string[] = [optionGroups.process.routing.env];

export function createReload({ flags, effective, apply, log }: ReloadOptions): () => void {
  const inForce = new Map(effective.map(({ option, value }) => [option.env, value]));
  return () => {
    const { values, effective: found, problems } = loadConfig(optionGroups, processSources(flags));
    if (problems.length > 0) {
      const fix = 'Correct it (sidecast validate says the same), and send SIGHUP again.';
      log('error', 'config_invalid', 'nothing has changed: the configuration read again has problems', {
        problems: problems.map(renderProblem),
        fix,
      });
      return;
    }
    const changed = found.filter(({ option, value }) => inForce.get(option.env) !== value);
    const rules = changed.filter(({ option }) => RULES.includes(option.env));
    apply(values);
    for (const { option, value } of rules) inForce.set(option.env, value);
    const waiting = changed.filter((entry) => !rules.includes(entry)).map(({ option }) => option.env);
    log('info', 'config_reloaded', 'the configuration was read again', {
      inForce: Object.fromEntries(rules.map(({ option, value }) => [option.env, value])),
      ...(waiting.length > 0 ? { needRestart: waiting } : {}),
    });
  };
}
