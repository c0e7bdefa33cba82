// Part of the tests: what is said of datagrams that did not become a segment.
import { describe, expect, it } from 'vitest';
import { createRefusedLog } from '../../../src/receivers/aws-xray/refused-log.ts';
import { ManualClock } from '../../support/records.ts';

function make() {
  const clock = new ManualClock();
  const lines: unknown[][] = [];
  const say = createRefusedLog(
    (level, event, _msg, fields) => void lines.push([level, event, fields]),
    clock,
  );
  return { clock, lines, say };
}

describe(createRefusedLog, () => {
  it('says of a loss how much, of whom and what to do', () => {
    const { lines, say } = make();

    say({ code: 'overloaded', datagrams: 7, peer: '10.0.0.1' });
    say({ code: 'journal_unavailable', datagrams: 2, peer: '10.0.0.2' });

    expect(lines).toEqual([
      [
        'warn',
        'datagram_lost',
        { code: 'overloaded', datagrams: 7, peer: '10.0.0.1', fix: expect.stringContaining('CPU') },
      ],
      [
        'warn',
        'datagram_lost',
        expect.objectContaining({ fix: expect.stringContaining('SIDECAST_JOURNAL_MAX_BYTES') }),
      ],
    ]);
  });

  it('says it once in ten seconds for each reason, with all that was not said', () => {
    const { clock, lines, say } = make();

    for (const datagrams of [1, 2, 3]) say({ code: 'overloaded', datagrams, peer: 'a' });
    clock.advance(10_000);
    say({ code: 'overloaded', datagrams: 4, peer: 'b' });

    expect(lines.map(([, , fields]) => fields)).toMatchObject([
      { datagrams: 1, peer: 'a' },
      { datagrams: 9, peer: 'b' },
    ]);
  });
});
