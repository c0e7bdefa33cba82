// Part of the tests: where a process takes its sampling rules from, and what it makes of AWS's failures.
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { optionGroups } from '../../src/app/options.ts';
import { buildSampling } from '../../src/app/sampling.ts';
import { AwsError } from '../../src/aws/errors.ts';
import type { Aws } from '../../src/aws/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { HttpError } from '../../src/http/client.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import {
  cruddur,
  defaultRecord,
  inputsOf,
  namesOf,
  recordOf,
  report,
  settle,
  statistics,
} from '../sampling/support.ts';
import { eventually, settingsOf, startTestApp, type TestApp } from '../support/app.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

let dir: { path: string; remove(): Promise<void> };
beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

const rulesFile = async (): Promise<string> => {
  const path = join(dir.path, 'rules.json');
  await writeFile(path, inputsOf(cruddur));
  return path;
};

describe('a process', () => {
  let sandbox: Sandbox;
  let app: TestApp | undefined;
  beforeEach(async () => {
    sandbox = await startSandbox();
  });
  afterEach(async () => {
    await app?.shutdown('SIGTERM');
    app = undefined;
    await sandbox.close();
  });

  const ruleNames = async (): Promise<readonly string[]> => {
    const answer = await fetch(`http://127.0.0.1:${app?.xrayPort}/GetSamplingRules`, { method: 'POST' });
    const { SamplingRuleRecords } = (await answer.json()) as {
      SamplingRuleRecords: readonly { SamplingRule: { RuleName: string } }[];
    };
    return SamplingRuleRecords.map(({ SamplingRule }) => SamplingRule.RuleName);
  };

  it("takes AWS's rules where X-Ray is on, and remembers them in its data directory", async () => {
    app = await startTestApp(settingsOf(sandbox), dir.path);

    expect(await eventually(ruleNames, (names) => names.length > 1)).toEqual(['Default', 'Sandbox']);
    expect((await app.status()).sampling).toEqual({ source: 'aws', rules: 2, problem: null });
    await eventually(
      () =>
        access(join(dir.path, 'sampling-rules.json')).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  });

  it('takes those of SIDECAST_SAMPLING_RULES instead, where that is set', async () => {
    app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_SAMPLING_RULES: await rulesFile() });

    expect(await ruleNames()).toEqual(['Default', 'Cruddur']);
    expect((await app.status()).sampling.source).toBe('files');
  });

  it('has Default alone where X-Ray is off', async () => {
    app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_XRAY: 'off' });

    expect(await ruleNames()).toEqual(['Default']);
    expect((await app.status()).sampling.source).toBe('default');
  });

  it('gives advice about what comes in, in its log and its status', async () => {
    app = await startTestApp({ ...settingsOf(sandbox), SIDECAST_SAMPLING_RULES: await rulesFile() });
    const document = { name: 'pay!me', id: '0fce5f51329a0ac4', trace_id: `1-6b00f63f-${'a'.repeat(24)}` };
    await sendDatagrams(app.xrayPort, [datagramOf(document)]);

    const { advice } = await eventually(
      () => (app as TestApp).status(),
      (status) => status.advice.length > 1,
    );

    expect(advice.map(({ code, count }) => [code, count])).toEqual([
      ['invalid_name', 1],
      ['sampling_rule_unmatched', 1],
    ]);
    expect(app.logs.filter(({ event }) => event === 'advice')).toHaveLength(2);
  });
});

describe("AWS's failures", () => {
  const clock = new ManualClock();
  const { values: config } = loadConfig(optionGroups, { env: { AWS_REGION: 'us-east-1' } });

  function samplingThat(fail: () => Error | undefined) {
    const reports: unknown[] = [];
    const answer = (value: unknown) => async () => {
      const error = fail();
      if (error) throw error;
      return value;
    };
    const xray = {
      getSamplingRules: answer({ SamplingRuleRecords: [defaultRecord, recordOf({})] }),
      getSamplingTargets: async (request: unknown) => {
        reports.push(request);
        return answer({})();
      },
    };
    const logs: Record<string, unknown>[] = [];
    const sampling = buildSampling({
      config,
      aws: async () => ({ xray }) as unknown as Aws,
      dataDir: null,
      clock,
      random: () => 0.5,
      log: (level, event, msg, fields) => void logs.push({ level, event, msg, ...fields }),
    });
    return { sampling, logs, reports };
  }

  it.each([
    [new AwsError('no_credentials', 'none were found'), 'none were found', 'SIDECAST_SAMPLING_RULES'],
    [
      new AwsError('forbidden', 'no', { status: 403, code: 'AccessDeniedException' }),
      '403 AccessDeniedException no',
      'xray:GetSamplingRules',
    ],
    [new AwsError('unauthorized', 'old', { fix: 'Renew the token.' }), 'old', 'Renew the token.'],
    [new AwsError('unavailable', 'sorry', { status: 500 }), '500 sorry', 'tried again'],
    [new HttpError('dns', 'no name'), 'no name', 'tried again'],
  ])('leave Default in force and say what to do: %s', async (error, message, fix) => {
    const { sampling, logs } = samplingThat(() => error);
    await sampling.start();
    await settle();

    expect(namesOf(sampling)).toEqual(['Default']);
    expect(sampling.status().problem).toMatchObject({ message, fix: expect.stringContaining(fix) });
    expect(logs.map(({ event }) => event)).toEqual(['sampling_rules_unavailable']);
    await sampling.shutdown(AbortSignal.abort());
  });

  it.each([
    ['again', new HttpError('refused', 'x')],
    ['again', new HttpError('dns', 'x')],
    ['again', new AwsError('throttled', 'x', { status: 429, retryAfterMs: 2000 })],
    ['again', new AwsError('no_credentials', 'x')],
    ['again', new AwsError('unavailable', 'x', { status: 500 })],
    ['never', new HttpError('timeout', 'x')],
    ['never', new HttpError('reset', 'x')],
    ['never', new AwsError('invalid', 'x', { status: 400 })],
  ])('have a report sent %s after %s', async (when, error) => {
    let failure: Error | undefined;
    const { sampling, reports } = samplingThat(() => failure);
    await sampling.start();
    await settle();
    failure = error;
    report(sampling, statistics('Cruddur', 5));
    clock.advance(0);
    await settle();
    failure = undefined;
    clock.advance(60_000);
    await settle();

    expect(reports).toHaveLength(when === 'again' ? 2 : 1);
    await sampling.shutdown(AbortSignal.abort());
  });
});
