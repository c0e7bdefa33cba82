// Part of the tests: `sidecast validate` and `print-config`: everything at once, from where, and what to do.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printConfig } from '../../src/cli/print-config.ts';
import { validate } from '../../src/cli/validate.ts';
import { temporaryDir } from '../support/records.ts';
import { stubSettings, type } from '../support/typed.ts';

const KEY = 'hcaik_0123456789012345678901234567890123456789012345678901234q7Xd';

let dir: Awaited<ReturnType<typeof temporaryDir>>;
beforeEach(async () => {
  dir = await temporaryDir();
  stubSettings({});
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await dir.remove();
});

async function file(text: string): Promise<string> {
  const path = join(dir.path, 'sidecast.yaml');
  await writeFile(path, text);
  return path;
}

describe(validate, () => {
  it('is content with nothing set, and says how each destination is turned on', async () => {
    const { code, out } = await type(validate);

    expect(code).toBe(0);
    expect(out).toContain(
      'Honeycomb       off: no Honeycomb key is set, and no app has sent one. Set HONEYCOMB_API_KEY to an ingest key.',
    );
    expect(out).toContain('Nothing is wrong');
  });

  it('says all that is wrong at once: flag, variable and line of the file, with what to type there', async () => {
    const path = await file('otlp:\n  prt: 1\n  max_request_bytes: lots\nhoneycomb: yes\nproxy: nowhere\n');
    stubSettings({
      SIDECAST_CONFIG: path,
      SIDECAST_MAX_AGE: '7',
      SIDECAST_OTPL_PORT: '1',
      HONEYCOMB_APIKEY: KEY,
      HONEYCOMB_API_ENDPOINT: 'api.honeycomb.io',
    });

    const { code, out } = await type(validate, ['--log-level', 'loud', '--otlp-prot', '1']);

    expect(code).toBe(1);
    expect(out.split('\n').filter((line) => / \(.*\): /.test(line))).toEqual([
      '--otlp-prot (flag): unknown flag. See sidecast --help. Did you mean --otlp-port?',
      `otlp.prt (${path}:2): unknown key. See sidecast schema. Did you mean otlp.port?`,
      `honeycomb (${path}:4): is a section, not a value. It may have honeycomb.api_key, honeycomb.dataset, honeycomb.api_endpoint, honeycomb.compression, honeycomb.unfinished_after.`,
      'SIDECAST_OTPL_PORT (environment): unknown variable. Correct or unset it. Did you mean SIDECAST_OTLP_PORT?',
      'SIDECAST_MAX_AGE=7 (variable SIDECAST_MAX_AGE): expected a duration with its unit, such as 250ms, 8s, 5m, 24h or 7d. For example SIDECAST_MAX_AGE=7d.',
      'SIDECAST_LOG_LEVEL=loud (flag --log-level): expected one of: trace, debug, info, warn, error. For example --log-level info.',
      `SIDECAST_PROXY=nowhere (${path}:5 proxy): expected a URL that starts with http:// or https://. For example proxy: http://proxy.example.com:3128.`,
      `SIDECAST_MAX_REQUEST_BYTES=lots (${path}:3 otlp.max_request_bytes): expected a size such as 1048576, 512KiB, 20MiB or 1GiB. For example otlp.max_request_bytes: 20MiB.`,
      'HONEYCOMB_API_ENDPOINT=api.honeycomb.io (variable HONEYCOMB_API_ENDPOINT): expected a URL that starts with http:// or https://. For example HONEYCOMB_API_ENDPOINT=https://api.eu1.honeycomb.io.',
      'HONEYCOMB_APIKEY (environment): unknown variable. If it is meant for sidecast, name it HONEYCOMB_API_KEY. Did you mean HONEYCOMB_API_KEY?',
    ]);
    expect(out).toContain('10 problems.');
    expect(out).not.toContain('q7Xd');
  });

  it.each([
    ['HONEYCOMB_APIKEY', 'HONEYCOMB_API_KEY'],
    ['HONEYCOMB_KEY', 'HONEYCOMB_API_KEY'],
    ['honeycomb_api_key', 'HONEYCOMB_API_KEY'],
    ['ROLLBAR_TOKEN', 'ROLLBAR_ACCESS_TOKEN'],
    ['CLOUDWATCH_LOGGROUP', 'CLOUDWATCH_LOG_GROUP'],
    ['AWS_REGOIN', 'AWS_REGION'],
  ])('takes %s for a misspelt %s', async (name, nearest) => {
    stubSettings({ [name]: 'x' });

    expect((await type(validate)).out).toContain(`Did you mean ${nearest}?`);
  });

  it('leaves the variables of others alone: of another SDK, of a service in Kubernetes, and where the right one is set', async () => {
    stubSettings({
      AWS_ENDPOINT_URL_SQS: 'http://localhost',
      AWS_PROFILE: 'me',
      SIDECAST_PORT: 'tcp://10.0.0.7:4318',
      SIDECAST_SERVICE_HOST: '10.0.0.7',
      SIDECAST_SERVICE_PORT_OTLP: '4318',
      SIDECAST_PORT_4318_TCP_ADDR: '10.0.0.7',
      SIDECAST_OTLP_PORT: 'tcp://10.0.0.7:4318',
      HONEYCOMB_APIKEY: KEY,
      HONEYCOMB_API_KEY: KEY,
    });

    expect(await type(validate)).toMatchObject({ code: 0 });
  });

  it('needs no secrets: a variable without a value is not set, in the environment and in the file', async () => {
    const path = await file('honeycomb:\n  api_key:\nrollbar:\n');
    stubSettings({ ROLLBAR_ACCESS_TOKEN: '' });

    const { code, out } = await type(validate, ['--config', path]);

    expect(code).toBe(0);
    expect(out).toContain('no Rollbar token is set');
  });

  it.each([
    ['otlp: [', 1, /Flow sequence/],
    ['otlp:\n  port: 1\n  port: 2\n', 3, /unique/],
    ['- otlp\n', 1, /is no list of names and values/],
  ])('names the line of %j', async (text, line, words) => {
    const path = await file(text);

    const { code, out } = await type(validate, ['--config', path]);

    expect(code).toBe(1);
    expect(out).toContain(`(${path}:${line})`);
    expect(out).toMatch(words);
  });

  it('names a file that it cannot read', async () => {
    const { out } = await type(validate, ['--config=/nowhere/sidecast.yaml']);

    expect(out).toContain('--config=/nowhere/sidecast.yaml (flag --config): cannot be read (ENOENT)');
  });

  it('reads the sampling rules as well', async () => {
    const path = join(dir.path, 'rule.json');
    await writeFile(path, '{"SamplingRule": {"RuleName": "all"}}');
    stubSettings({ SIDECAST_SAMPLING_RULES: path });

    const { code, out } = await type(validate);

    expect(code).toBe(1);
    expect(out).toContain('(rule.json:1): is missing');
  });

  it('prints JSON for programs', async () => {
    stubSettings({ ROLLBAR_ACCESS_TOKEN: KEY, SIDECAST_OTLP_PORT: '99999' });

    const { code, out } = await type(validate, ['--json']);

    const parsed = JSON.parse(out) as { ok: boolean; problems: unknown[]; destinations: unknown[] };
    expect(code).toBe(1);
    expect(parsed.ok).toBe(false);
    expect(parsed.problems).toEqual([
      {
        option: 'SIDECAST_OTLP_PORT',
        source: 'variable SIDECAST_OTLP_PORT',
        value: '99999',
        message: 'expected a whole number from 0 to 65535',
        fix: 'For example SIDECAST_OTLP_PORT=4318.',
      },
    ]);
    expect(parsed.destinations).toContainEqual({ id: 'rollbar', reason: null });
  });
});

describe(printConfig, () => {
  it('says what is in force and where it comes from, with secrets masked but for their end', async () => {
    const path = await file('otlp:\n  port: 4444\n  cors_origins: [http://a, http://b]\nadmin:\n  port: 1\n');
    stubSettings({ HONEYCOMB_API_KEY: KEY, SIDECAST_CONFIG: path, SIDECAST_ADMIN_PORT: '2' });

    const { code, out } = await type(printConfig, ['--set', '--xray-port', '3']);

    const lines = out.split('\n').map((line) => line.replace(/ +#/, ' #'));
    expect(code).toBe(0);
    expect(lines).toEqual([
      `SIDECAST_OTLP_PORT=4444 # ${path}:2 otlp.port`,
      'SIDECAST_XRAY_PORT=3 # flag --xray-port',
      'SIDECAST_ADMIN_PORT=2 # variable SIDECAST_ADMIN_PORT',
      `SIDECAST_CORS_ORIGINS=http://a,http://b # ${path}:3 otlp.cors_origins`,
      'HONEYCOMB_API_KEY=********q7Xd # variable HONEYCOMB_API_KEY',
    ]);
  });

  it('prints every option as JSON', async () => {
    const rows = JSON.parse((await type(printConfig, ['--json'])).out) as Record<string, unknown>[];

    expect(rows).toContainEqual({
      option: 'SIDECAST_JOURNAL_MAX_BYTES',
      flag: '--journal-max-bytes',
      yaml: 'journal.max_bytes',
      value: '1GiB',
      source: 'default',
    });
  });
});
