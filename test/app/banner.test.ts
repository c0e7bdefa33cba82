// Part of the tests: what is said at the start, to people and to programs.
import { describe, expect, it } from 'vitest';
import { onBecause, renderBanner } from '../../src/app/banner.ts';
import { optionGroups } from '../../src/app/options.ts';
import { registry } from '../../src/app/registry.ts';
import { loadConfig } from '../../src/config/load.ts';

function facts(env: Readonly<Record<string, string>>) {
  const { values, effective } = loadConfig(optionGroups, { env });
  const off = Object.fromEntries(
    registry.flatMap(({ id, off: why }) => {
      const reason = why(values);
      return reason ? [[id, reason]] : [];
    }),
  );
  const listening = {
    otlp: ['127.0.0.1:4318', '[::1]:4318'],
    xrayUdp: ['127.0.0.1:2000'],
    xrayTcp: ['127.0.0.1:2000'],
    admin: ['127.0.0.1:4319'],
  };
  return { version: '1.2.3', node: 'v24', listening, journal: { mode: 'memory', dir: null }, off, effective };
}

describe(renderBanner, () => {
  it('says what listens where, what is on because of what, what is off and how to turn it on, and where the page is', () => {
    const text = renderBanner(facts({ HONEYCOMB_API_KEY: 'secret-key', AWS_DEFAULT_REGION: 'eu-west-1' }));

    expect(text.split('\n')).toEqual([
      'Sidecast 1.2.3 on Node v24',
      '  OTLP/HTTP   http://127.0.0.1:4318  http://[::1]:4318',
      '  X-Ray       udp 127.0.0.1:2000   tcp 127.0.0.1:2000',
      '  page        http://127.0.0.1:4319/',
      '  journal     in memory: a restart loses what is not delivered',
      '  Honeycomb       on: variable HONEYCOMB_API_KEY',
      '  AWS X-Ray       on: variable AWS_DEFAULT_REGION',
      '  CloudWatch Logs off: Set CLOUDWATCH_LOG_GROUP.',
      '  Rollbar         off: Set ROLLBAR_ACCESS_TOKEN to a token with the scope post_server_item.',
      '  Does it all work? sidecast doctor',
    ]);
  });
});

describe(onBecause, () => {
  it('names what turned each on', () => {
    expect(onBecause(facts({ ROLLBAR_ACCESS_TOKEN: 'secret', SIDECAST_XRAY: 'on' }))).toEqual({
      'aws-xray': 'variable SIDECAST_XRAY',
      rollbar: 'variable ROLLBAR_ACCESS_TOKEN',
    });
  });
});
