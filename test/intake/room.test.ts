// Part of the tests of intake: room in the journal that is set aside.
import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/intake/admission.ts';
import { createIntake } from '../../src/intake/index.ts';
import { createRooms } from '../../src/intake/room.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { logs } from '../exporters/records.ts';

const RECORD = logs('python-otel-auto/01-logs.bin');
const { length } = RECORD.payload;

function intakeWithRoomFor(maxBytes: number) {
  let bytes = 0;
  const journal = {
    hasRoom: (more: number) => bytes + more <= maxBytes,
    async append({ payload }: Accepted) {
      bytes += payload.length;
      return 0;
    },
  };
  const intake = createIntake({
    journal: journal as unknown as Journal,
    ledger: new Ledger(),
    admission: createAdmission(1024),
    // Others come in between.
    processors: [async (accepted) => accepted],
    destinations: [],
    routing: () => 'all',
    errorLogs: false,
  });
  return {
    intake,
    bytes: () => bytes,
    isAccepted: (room?: ReturnType<typeof intake.setAside>) =>
      intake.accept('otlp', RECORD, undefined, room).then(
        () => true,
        () => false,
      ),
  };
}

describe('room that is set aside', () => {
  it('is kept for whoever asked for it, whatever others send meanwhile', async () => {
    const { intake, bytes, isAccepted } = intakeWithRoomFor(3 * length);
    const room = intake.setAside(2 * length);

    const taken = await Promise.all([isAccepted(room), isAccepted(), isAccepted(), isAccepted(room)]);

    expect(taken.filter(Boolean)).toHaveLength(3);
    expect([taken[0], taken[3]]).toEqual([true, true]);
    expect(bytes()).toBe(3 * length);
    expect(intake.hasRoom(1)).toBe(false);
  });

  it('is not given when the journal would not take all of it', () => {
    const { intake } = intakeWithRoomFor(3 * length);

    expect(intake.setAside(3 * length + 1)).toBeUndefined();
    expect(intake.setAside(2 * length)).toBeDefined();
    expect(intake.setAside(2 * length)).toBeUndefined();
  });

  it('is for others again when it is released, once', () => {
    const { hasRoom, setAside } = createRooms({ hasRoom: (bytes) => bytes <= 100 });
    const [room, other] = [setAside(60), setAside(40)];
    room?.fill(50);
    room?.fill(50);
    expect([hasRoom(60), hasRoom(61)]).toEqual([true, false]);
    room?.release();
    room?.release();
    expect([hasRoom(60), hasRoom(61)]).toEqual([true, false]);
    other?.release();
    expect(hasRoom(100)).toBe(true);
  });
});
