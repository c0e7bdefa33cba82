// Part of the tests: exporters/honeycomb/links and what a key says by its shape.
import { describe, expect, it } from 'vitest';
import { keyProblem } from '../../../src/exporters/honeycomb/keys.ts';
import { traceUrl } from '../../../src/exporters/honeycomb/links.ts';
import { Secret } from '../../../src/model/secret.ts';

const traceId = '5759e988bd862e3fe1be46a994272793';
const trace = { traceId, startUnixMs: 1_795_225_654_900, endUnixMs: 1_795_225_655_100 };
const us = { endpoint: new URL('https://api.honeycomb.io'), dataset: undefined };
const identity = {
  teamSlug: 'cruddur',
  environmentSlug: 'prod',
  keyType: 'ingest',
  maySend: true,
  mayCreateDatasets: true,
};
const classic = { ...identity, environmentSlug: '' };
const query = `trace_id=${traceId}&trace_start_ts=1795225654&trace_end_ts=1795225656`;

describe(traceUrl, () => {
  it.each([
    [us, identity, trace, `https://ui.honeycomb.io/cruddur/environments/prod/trace?${query}`],
    [
      { ...us, endpoint: new URL('https://api.eu1.honeycomb.io/') },
      identity,
      trace,
      `https://ui.eu1.honeycomb.io/cruddur/environments/prod/trace?${query}`,
    ],
    [
      { ...us, dataset: 'My Backend/1' },
      classic,
      trace,
      `https://ui.honeycomb.io/cruddur/datasets/my-backend-1/trace?${query}`,
    ],
    [us, classic, trace, undefined],
    [us, undefined, trace, undefined],
  ])('leads to the trace (%#)', (config, who, what, url) => {
    expect(traceUrl(config, who, what)).toBe(url);
  });

  it('names a trace of 64 bits as Honeycomb does', () => {
    const short = { ...trace, traceId: `${'0'.repeat(16)}e1be46a994272793` };

    expect(traceUrl(us, identity, short)).toContain('?trace_id=e1be46a994272793&');
  });
});

describe(keyProblem, () => {
  const problemOf = (key: string, signal: 'traces' | 'logs' | 'metrics', dataset?: string) =>
    keyProblem(key, { signal, dataset }, new Secret(key))?.message;
  const ofClassic = 'a Classic key sends spans and metrics to a dataset, and none is named';

  it.each([
    ['0123456789abcdef0123456789abcdef', 'traces', undefined, ofClassic],
    [`hcaic_${'0'.repeat(58)}`, 'metrics', undefined, ofClassic],
    ['0123456789abcdef0123456789abcdef', 'logs', undefined, undefined],
    ['0123456789abcdef0123456789abcdef', 'traces', 'backend', undefined],
    [`hcaik_${'0'.repeat(58)}`, 'traces', undefined, undefined],
    ['abcdefghij0123456789AB', 'metrics', undefined, undefined],
    [`hcamk_${'0'.repeat(26)}`, 'logs', 'd', 'the key is a management key, which cannot send data'],
  ] as const)('of %s for %s to %s is %s', (key, signal, dataset, message) => {
    expect(problemOf(key, signal, dataset)).toBe(message);
  });
});
