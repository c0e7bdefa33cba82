// Part of the tests: lines that come in floods, and lines that say what became of the data.
import { describe, expect, it } from 'vitest';
import { createEvents } from '../../src/telemetry/events.ts';

function recorded() {
  const lines: { level: string; event: string; msg: string; fields: Record<string, unknown> }[] = [];
  let nowMs = 0;
  const events = createEvents(
    (level, event, msg, fields) => void lines.push({ level, event, msg, fields: { ...fields } }),
    () => nowMs,
  );
  return {
    lines,
    events,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

describe(createEvents, () => {
  it('writes a flood of rejections once in ten seconds, with the sum', () => {
    const { lines, events, pass } = recorded();
    for (let i = 0; i < 5; i++) events.itemsRejected('rollbar', 2, 'too_large');
    pass(10_000);
    events.itemsRejected('rollbar', 2, 'too_large');

    expect(lines.map((line) => line.fields['items'])).toEqual([2, 10]);
  });

  it('names the fate of the data before the cause', () => {
    const { lines, events } = recorded();
    events.destinationState(
      'honeycomb',
      'blocked',
      { code: 'unauthorized', message: 'no', fix: 'Set it.' },
      7,
    );

    expect(lines[0]?.msg).toMatch(/held, nothing is lost/);
    expect(lines[0]?.fields).toMatchObject({ queued: 7, code: 'unauthorized', fix: 'Set it.' });
  });

  it('says at the end what is left, and calls it lost only when it is', () => {
    const { lines, events } = recorded();
    events.stopped({}, {});
    events.stopped({ rollbar: 3 }, {});
    events.stopped({}, { rollbar: 3 });

    expect(lines.map((line) => line.level)).toEqual(['info', 'info', 'error']);
    expect(lines.map((line) => line.msg.includes('lost'))).toEqual([false, false, true]);
  });
});
