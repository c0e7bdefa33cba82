// Part of the tests: who speaks what, for how long, and under which names.
import { describe, expect, it } from 'vitest';
import { toRemembered } from '../../src/correlation/speaker.ts';
import { type SpeakerChange, Speakers } from '../../src/correlation/speakers.ts';

const HOUR_MS = 3_600_000;

function setUp() {
  const changes: SpeakerChange[] = [];
  return { changes, speakers: new Speakers((change) => void changes.push(change)) };
}

describe(Speakers, () => {
  it('learns a protocol from the first item, whatever the case of the name', () => {
    const { speakers, changes } = setUp();
    speakers.heard('otlp', 'Backend', 'p', 0);
    speakers.heard('xray', 'backend', 'p', 5);
    speakers.heard('xray', 'BACKEND', 'p', 6);

    expect([speakers.speaks('otlp', 'bAckend'), speakers.speaks('xray', 'Backend')]).toEqual([true, true]);
    expect(speakers.firstHeardMs('BackEnd')).toBe(0);
    expect(changes.map(({ kind }) => kind)).toEqual(['learnt', 'learnt']);
  });

  it('forgets a protocol after 24 h of traffic without it, and nothing over a silent week', () => {
    const { speakers, changes } = setUp();
    speakers.heard('otlp', 'a', 'p', 0);
    speakers.heard('xray', 'a', 'p', 0);
    speakers.heard('otlp', 'a', 'p', 7 * 24 * HOUR_MS);
    expect(speakers.speaks('xray', 'a')).toBe(true);

    for (let hour = 1; hour < 23; hour++) speakers.heard('otlp', 'a', 'p', (7 * 24 + hour) * HOUR_MS);
    expect(speakers.speaks('xray', 'a')).toBe(true);
    speakers.heard('otlp', 'a', 'p', (7 * 24 + 23) * HOUR_MS);

    expect(speakers.speaks('xray', 'a')).toBe(false);
    expect(changes.at(-1)).toEqual({ kind: 'forgotten', names: ['a'], protocol: 'xray' });
  });

  it('keeps X-Ray alive by sampling polls of the same peer, and of no other', () => {
    const { speakers } = setUp();
    for (const [name, peer] of [
      ['a', 'p'],
      ['b', 'q'],
    ] as const)
      speakers.heard('xray', name, peer, 0);
    for (let hour = 1; hour <= 30; hour++) {
      speakers.polled('p');
      for (const name of ['a', 'b']) speakers.heard('otlp', name, 'p', hour * HOUR_MS);
    }

    expect([speakers.speaks('xray', 'a'), speakers.speaks('xray', 'b')]).toEqual([true, false]);
  });

  it('takes two names for one service after three pairs', () => {
    const { speakers, changes } = setUp();
    speakers.heard('otlp', 'backend', 'p', 0);
    speakers.heard('xray', 'shop.example.com', 'p', 0);
    speakers.paired('backend', 'shop.example.com');
    speakers.paired('backend', 'shop.example.com');
    expect(speakers.speaks('xray', 'backend')).toBe(false);
    speakers.paired('backend', 'shop.example.com');

    expect(speakers.speaks('xray', 'backend')).toBe(true);
    expect(speakers.speaks('otlp', 'shop.example.com')).toBe(true);
    expect(changes.at(-1)).toEqual({ kind: 'joined', names: ['backend', 'shop.example.com'] });
  });

  it('takes names for one service where the user says so, before any is heard', () => {
    const { speakers } = setUp();
    speakers.alias(['backend', 'Shop'], 0);
    speakers.heard('otlp', 'backend', 'p', 1);

    expect(speakers.speaks('otlp', 'shop')).toBe(true);
  });

  it('is first heard when it is heard, not when the user names it', () => {
    const { speakers } = setUp();
    speakers.alias(['backend', 'shop'], 0);
    speakers.heard('otlp', 'backend', 'p', 60_000);
    speakers.heard('xray', 'shop', 'p', 61_000);

    expect([speakers.firstHeardMs('shop'), speakers.lastNewMs]).toEqual([60_000, 60_000]);
  });

  it('remembers what an earlier run learnt, and nothing that is no speaker', () => {
    const { speakers } = setUp();
    speakers.heard('otlp', 'a', 'p', 0);
    speakers.heard('xray', 'a', 'p', 10);
    const remembered = JSON.parse(JSON.stringify(speakers.all().map(toRemembered))) as unknown[];
    const { speakers: next, changes } = setUp();
    next.restore([null, 5, {}, { names: ['x'] }, ...remembered], 60_000);

    expect([next.speaks('otlp', 'A'), next.speaks('xray', 'a')]).toEqual([true, true]);
    expect(next.all()).toHaveLength(1);
    expect(changes).toEqual([]);
  });

  it('takes who was new when an earlier run ended for new still, and nobody else', () => {
    const { speakers } = setUp();
    speakers.heard('xray', 'old', 'p', 0);
    speakers.heard('xray', 'old', 'p', 10_000);
    const old = speakers.all().map(toRemembered);
    speakers.heard('xray', 'new', 'p', 12_000);
    const { speakers: next } = setUp();

    next.restore(old, 60_000);
    expect([next.firstHeardMs('old'), next.lastNewMs]).toEqual([0, undefined]);
    next.restore(speakers.all().map(toRemembered), 60_000);
    expect([next.firstHeardMs('old'), next.firstHeardMs('new'), next.lastNewMs]).toEqual([0, 60_000, 60_000]);
  });

  it('is bounded: of very many names the quietest are forgotten', () => {
    const { speakers } = setUp();
    for (let i = 0; i < 1500; i++) speakers.heard('xray', `host-${i}`, 'p', i);

    expect(speakers.all()).toHaveLength(1024);
    expect([speakers.speaks('xray', 'host-0'), speakers.speaks('xray', 'host-1499')]).toEqual([false, true]);
  });

  it('tells of a lone subsegment by the services of its peer', () => {
    const { speakers } = setUp();
    expect(speakers.peerSpeaks('otlp', 'p')).toBeUndefined();
    speakers.heard('xray', 'a', 'p', 0);
    expect(speakers.peerSpeaks('otlp', 'p')).toBe(false);
    speakers.heard('otlp', 'a', 'p', 0);
    expect(speakers.peerSpeaks('otlp', 'p')).toBe(true);
    speakers.heard('xray', 'b', 'p', 0);
    expect(speakers.peerSpeaks('otlp', 'p')).toBe(false);
  });
});
