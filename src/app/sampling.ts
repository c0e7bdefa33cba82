// Part of app: where the sampling rules of this process come from.
import { join } from 'node:path';
import { AwsError, type AwsErrorKind } from '../aws/errors.ts';
import type { Aws } from '../aws/index.ts';
import { HttpError } from '../http/client.ts';
import type { Clock, Random } from '../model/clock.ts';
import {
  CallFailed,
  createSampling,
  rememberedIn,
  type Sampling,
  type SamplingCalls,
} from '../sampling/index.ts';
import type { LogLine } from '../telemetry/logger.ts';
import type { AppConfig } from './options.ts';

export interface SamplingIngredients {
  config: AppConfig;
  /** Undefined where X-Ray is off. */
  aws: (() => Promise<Aws>) | undefined;
  /** Null where nothing is kept on disk. */
  dataDir: string | null;
  clock: Clock;
  random: Random;
  log: LogLine;
}

const REMEMBERED = 'sampling-rules.json';

export function buildSampling({ config, aws, dataDir, ...rest }: SamplingIngredients): Sampling {
  const { region } = config.aws;
  const place = {
    endpoint: config.xray.endpoint?.href ?? '',
    region,
    regionInUse: async () => region ?? (await aws?.())?.xray.region() ?? '',
  };
  return createSampling({
    ...rest,
    path: config.sampling.rules,
    calls: aws && callsOf(aws),
    remembered: dataDir === null ? undefined : rememberedIn(join(dataDir, REMEMBERED), place),
  });
}

function callsOf(aws: () => Promise<Aws>): SamplingCalls {
  const call = async <T>(run: (opened: Aws) => Promise<T>): Promise<T> => {
    try {
      return await run(await aws());
    } catch (error) {
      throw toCallFailed(error);
    }
  };
  return {
    getSamplingRules: (nextToken, signal) => call(({ xray }) => xray.getSamplingRules(nextToken, signal)),
    getSamplingTargets: (request, signal) => call(({ xray }) => xray.getSamplingTargets(request, signal)),
  };
}

const FIXES: Readonly<Partial<Record<AwsErrorKind, string>>> = {
  no_credentials: 'Give the container AWS credentials, or name rules in SIDECAST_SAMPLING_RULES.',
  no_region: 'Set AWS_REGION.',
  unauthorized: 'Renew the AWS credentials.',
  forbidden: 'Allow xray:GetSamplingRules and xray:GetSamplingTargets (AWSXRayDaemonWriteAccess has both).',
  skewed: "Set this host's clock.",
  unexpected: 'Check AWS_ENDPOINT_URL_XRAY and HTTPS_PROXY.',
};
const NOTHING_TO_DO = 'Nothing: it is tried again.';

/** What is no failure of the call is a bug, and goes on as it is. */
function toCallFailed(error: unknown): unknown {
  if (error instanceof HttpError) {
    const isUnknown = error.kind === 'reset' || error.kind === 'timeout' || error.kind === 'aborted';
    return new CallFailed(error.message, { fix: NOTHING_TO_DO, isRepeatable: !isUnknown });
  }
  if (!(error instanceof AwsError)) return error;
  const isRefused = error.kind === 'invalid' || error.kind === 'too_large';
  return new CallFailed(error.words, {
    fix: error.fix ?? FIXES[error.kind] ?? NOTHING_TO_DO,
    retryAfterMs: error.retryAfterMs,
    isRepeatable: !isRefused,
  });
}
