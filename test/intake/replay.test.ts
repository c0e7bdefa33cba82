// Part of the tests: a replay against an intake that does as it is told, where the whole program is too kind.
import { describe, expect, it } from 'vitest';
import { type DeadLetter, letterKey } from '../../src/delivery/dead-letters/letter.ts';
import { createMarkMemory, markKey } from '../../src/delivery/dead-letters/marks.ts';
import { createDeadLetterMemory } from '../../src/delivery/dead-letters/memory.ts';
import { RefusedError } from '../../src/intake/intake.ts';
import { ReplayOutcomes } from '../../src/intake/replay/outcomes.ts';
import { createReplay, type ReplayRequest } from '../../src/intake/replay/replay.ts';
import type { ReplayLine } from '../../src/intake/replay/report.ts';
import { revive } from '../../src/intake/replay/revive.ts';
import { Ledger, type Outcome } from '../../src/ledger/ledger.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { decodeLogs } from '../../src/protocols/otlp/decode.ts';
import { ManualClock } from '../support/records.ts';

const REQUEST: ReplayRequest = { suspect: true, again: false, dryRun: false, waitMs: 3000 };

function letter(position: number, changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: `${position}:0`,
    destination: 'aws-xray',
    signal: 'segments',
    reason: { code: 'vendor_rejected', message: 'no' },
    vendor: null,
    suspect: false,
    receivedAt: '2027-01-15T08:00:00.000Z',
    deadAt: '2027-01-15T08:00:01.000Z',
    origin: { peer: '10.0.0.1' },
    document: `{"id":"${position}"}`,
    ...changes,
  };
}

/** `take` decides about each record: it may settle it at once, or throw. */
async function rig(letters: readonly DeadLetter[], take: (record: Accepted, position: number) => void) {
  const clock = new ManualClock();
  const ledger = new Ledger();
  ledger.open('aws-xray', clock.now());
  const marks = createMarkMemory();
  const outcomes = new ReplayOutcomes(marks);
  ledger.subscribe((event) => outcomes.onEvent(event));
  const memory = createDeadLetterMemory();
  await memory.write(letters);
  const errors: Error[] = [];
  let positions = 1000;
  const replay = createReplay({
    intake: {
      async replay(record, onPosition) {
        const position = positions;
        take(record, position);
        positions += 1;
        onPosition(position);
      },
    },
    marks,
    outcomes,
    ledger,
    off: () => undefined,
    clock,
    onEnd: () => undefined,
    onError: (error) => void errors.push(error),
  });
  return {
    clock,
    ledger,
    errors,
    run: (request: Partial<ReplayRequest> = {}) => replay.run({ ...REQUEST, ...request }, memory.read({})),
    settle: (position: number, outcome: Outcome, items = 1) =>
      ledger.settle(
        'aws-xray',
        outcome,
        items,
        outcome === 'rejected' ? 'vendor_rejected' : undefined,
        position,
      ),
    async mark(position: number) {
      await outcomes.flush();
      return (await marks.load()).get(markKey('aws-xray', letterKey(letter(position))));
    },
  };
}

async function all(lines: AsyncIterable<ReplayLine>): Promise<ReplayLine[]> {
  const found: ReplayLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const sumOf = (lines: readonly ReplayLine[]) => {
  const last = lines.at(-1);
  return last?.event === 'sum' ? last.destinations['aws-xray'] : undefined;
};

describe(createReplay, () => {
  it('leaves what the journal does not take, tries no further, and sends it the next time', async () => {
    let isFull = true;
    let tried = 0;
    const many = Array.from({ length: 450 }, (_, position) => letter(position));
    const replay = await rig(many, () => {
      tried += 1;
      if (isFull && tried > 3) throw new RefusedError('journal_unavailable', 'full');
    });

    const lines = await all(replay.run({ waitMs: 0 }));

    expect(tried).toBe(200);
    expect(sumOf(lines)).toMatchObject({ letters: 450, queued: 3, left: 447 });
    expect(await replay.mark(0)).toBe('queued');
    expect(await replay.mark(100)).toBe('refused');
    expect(await replay.mark(300)).toBeUndefined();
    isFull = false;
    expect(sumOf(await all(replay.run({ waitMs: 0 })))).toMatchObject({ letters: 450, queued: 447, left: 3 });
  });

  it('says queued when the time is over, and marks the outcome when it comes later', async () => {
    const replay = await rig([letter(1), letter(2)], () => undefined);
    const lines = replay.run();
    const first = lines.next();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    replay.settle(1000, 'delivered');
    expect((await first).value).toMatchObject({ id: '1:0', outcome: 'delivered' });

    const rest = all(lines);
    for (let second = 0; second < 3; second++) {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      replay.clock.advance(1000);
    }

    const found = await rest;
    expect(found.filter(({ event }) => event === 'waiting').length).toBeGreaterThan(0);
    expect(found.at(-2)).toMatchObject({ id: '2:0', outcome: 'queued' });
    expect(sumOf(found)).toMatchObject({ letters: 2, delivered: 1, queued: 1 });
    expect(await replay.mark(2)).toBe('queued');
    replay.settle(1001, 'delivered');
    expect(await replay.mark(2)).toBe('delivered');
  });

  it('counts every letter once, also one whose outcome comes while the last lines are read', async () => {
    const replay = await rig([letter(1), letter(2), letter(3)], () => undefined);
    const found: ReplayLine[] = [];
    for await (const line of replay.run({ waitMs: 0 })) {
      if (found.length === 0) for (const position of [1000, 1001, 1002]) replay.settle(position, 'delivered');
      found.push(line);
    }

    expect(sumOf(found)).toMatchObject({ letters: 3, queued: 3, delivered: 0 });
    expect(await replay.mark(3)).toBe('delivered');
  });

  it('gives a letter of several items the worst outcome among theirs', async () => {
    const documents = ['{"id":"a"}', '{"id":"b"}', '{"id":"c"}'];
    const { document: _, ...head } = letter(1, { suspect: true });
    const replay = await rig([{ ...head, documents }], () => undefined);
    const lines = replay.run();
    const first = lines.next();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    replay.settle(1000, 'delivered');
    replay.settle(1000, 'rejected');
    replay.settle(1000, 'delivered');

    const { value } = await first;
    expect(value).toMatchObject({ outcome: 'rejected', code: 'vendor_rejected' });
    expect(value).not.toHaveProperty('newId');
    expect(await replay.mark(1)).toBe('rejected');
  });

  it('takes a letter that the journal gave up as open again', async () => {
    const replay = await rig([letter(1)], () => undefined);
    await all(replay.run({ waitMs: 0 }));
    replay.settle(1000, 'dropped');
    expect(await replay.mark(1)).toBe('dropped');

    expect(sumOf(await all(replay.run({ waitMs: 0 })))).toMatchObject({ queued: 1, left: 0 });
  });

  it('stops waiting when only a person can help', async () => {
    const replay = await rig([letter(1)], () => undefined);
    const reason = { code: 'unauthorized', message: 'no', fix: 'Set the key.' } as const;
    replay.ledger.setState('aws-xray', 'blocked', reason, replay.clock.now());
    const lines = all(replay.run({ waitMs: 3_600_000 }));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    replay.clock.advance(1000);

    expect((await lines).at(-2)).toMatchObject({ outcome: 'queued', reason });
  });

  it('reports a bug on the way in and leaves the letter open', async () => {
    const replay = await rig([letter(1)], () => {
      throw new TypeError('a bug');
    });

    const lines = await all(replay.run());

    expect(lines[0]).toMatchObject({ event: 'left', why: 'refused' });
    expect(replay.errors).toHaveLength(1);
    expect(await replay.mark(1)).toBe('refused');
  });
});

describe(revive, () => {
  it('is for one destination, keeps where it came from, and is received now: else it would be too old at once', async () => {
    let record: Accepted | undefined;
    const old = letter(1, { origin: { peer: '10.0.0.1', dataset: 'mine' } });
    const replay = await rig([old], (accepted) => {
      record = accepted;
    });

    await all(replay.run({ waitMs: 0 }));

    expect(record).toMatchObject({
      signal: 'segments',
      receivedAtMs: replay.clock.now(),
      summary: { items: 1 },
      origin: { peer: '10.0.0.1', dataset: 'mine', only: 'aws-xray', replayOf: letterKey(old) },
    });
  });

  it('gives a log record without a time that of its first arrival', async () => {
    const otlp = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }] };
    const { document: _, ...head } = letter(1, { signal: 'logs' });
    const record = await revive({ head, kind: 'otlp', json: () => JSON.stringify(otlp) }, 0);

    const [group] = decodeLogs(record.payload);
    expect(group?.records[0]?.timeUnixNano).toBe(BigInt(Date.parse(head.receivedAt)) * 1_000_000n);
    expect(record.summary.untimed).toBe(0);
  });
});
