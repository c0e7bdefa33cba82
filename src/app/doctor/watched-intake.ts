// Part of app/doctor: the way in, watched: what each receiver handed in last, and where a test trace lies.
import type { Intake } from '../../intake/intake.ts';
import type { Position, ReceiverId } from '../../model/signals.ts';

export interface LastReceived {
  atMs: number;
  services: readonly string[];
}

export interface WatchedIntake {
  /** For the receivers. */
  intake: Intake;
  last(receiver: ReceiverId): LastReceived | undefined;
  /** `onPosition` hears where the record with this trace lies, before any destination can settle it. Returns what ends it. */
  expect(traceId: string, onPosition: (position: Position) => void): () => void;
}

export function watchIntake(intake: Intake): WatchedIntake {
  const lasts = new Map<ReceiverId, LastReceived>();
  const expected = new Map<Buffer, (position: Position) => void>();
  return {
    intake: {
      ...intake,
      async accept(receiver, accepted, _onPosition, room) {
        // Only while somebody waits: otherwise no payload is searched.
        const found =
          expected.size === 0
            ? undefined
            : [...expected].find(([id]) => Buffer.from(accepted.payload).includes(id));
        await intake.accept(receiver, accepted, found?.[1], room);
        lasts.set(receiver, { atMs: accepted.receivedAtMs, services: accepted.summary.services });
      },
    },
    last: (receiver) => lasts.get(receiver),
    expect(traceId, onPosition) {
      const id = Buffer.from(traceId, 'hex');
      expected.set(id, onPosition);
      return () => expected.delete(id);
    },
  };
}
