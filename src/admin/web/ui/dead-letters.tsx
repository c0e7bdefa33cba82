// Part of the page: what a vendor refused for good, with its reason, and the button that sends it again.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { LetterGroup } from '../../../delivery/dead-letters/summary.ts';
import type { ReplayLine } from '../../../intake/replay/report.ts';
import { DESTINATION_NAMES } from '../../../model/signals.ts';
import type { DeadLetterList } from '../../api/dead-letters.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { clockOfMs, count } from '../model/format.ts';
import { fetchDeadLetters, replay } from '../state/api.ts';

const AGAIN_MS = 1000;

export function DeadLetters({ now }: { now: Pipeline }) {
  const [list, setList] = useState<DeadLetterList>();
  const load = useCallback(() => void fetchDeadLetters().then(setList, () => undefined), []);
  const total = Object.values(now.destinations).reduce(
    (sum, { deadLetters }) => sum + deadLetters.letters,
    0,
  );
  useEffect(load, [total]);
  const { dir, reason } = now.status.deadLetters;
  return (
    <section class="letters" aria-label="Dead letters">
      <h2>
        Dead letters{' '}
        <span class="note">
          refused for good, kept {dir ? <span class="mono">in {dir}</span> : 'in memory'}
        </span>
      </h2>
      {reason && (
        <p class="is-bad">
          {reason.message}. {reason.fix}
        </p>
      )}
      {list?.groups.length === 0 && (
        <p class="note">
          None. Everything that was accepted is delivered, on its way, or not meant for a destination.
        </p>
      )}
      {list && list.groups.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">destination</th>
              <th scope="col">reason</th>
              <th scope="col" class="n">
                letters
              </th>
              <th scope="col" class="n">
                replayed
              </th>
              <th scope="col">newest</th>
              <th scope="col">what the vendor said</th>
              <th scope="col">
                <span class="unseen">replay</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.groups.map((group) => (
              <Group
                key={`${group.destination} ${group.reason}`}
                group={group}
                list={list}
                onDone={() => setTimeout(load, AGAIN_MS)}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Group({ group, list, onDone }: { group: LetterGroup; list: DeadLetterList; onDone(): void }) {
  const { destination, reason, letters, replayed, newest } = group;
  const [said, setSaid] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const example = list.newest.find(
    (letter) => letter.destination === destination && letter.reason.code === reason,
  );
  const send = async () => {
    setBusy(true);
    setSaid('sending');
    try {
      await replay({ destination, reason }, (line) => setSaid((now) => textOf(line) ?? now));
    } catch (error) {
      setSaid((error as Error).message);
    }
    setBusy(false);
    onDone();
  };
  return (
    <tr data-destination={destination}>
      <th scope="row">{DESTINATION_NAMES[destination]}</th>
      <td>{reason}</td>
      <td class="n">{count(letters)}</td>
      <td class="n">{count(replayed)}</td>
      <td title={newest}>{clockOfMs(Date.parse(newest)).slice(0, 8)}</td>
      <td class="said" title={example?.vendor?.body}>
        {example?.reason.message}
      </td>
      <td class="replay">
        <button type="button" disabled={isBusy || replayed === letters} onClick={() => void send()}>
          replay {count(letters - replayed)}
        </button>
        <span role="status">{said}</span>
      </td>
    </tr>
  );
}

function textOf(line: ReplayLine): string | undefined {
  if (line.event === 'failed') return line.message;
  if (line.event === 'waiting') return 'waiting for the vendor';
  if (line.event !== 'sum') return undefined;
  const tallies = Object.values(line.destinations);
  const words = ['delivered', 'rejected', 'queued', 'skipped', 'dropped', 'left'] as const;
  const parts = words
    .map((word) => [word, tallies.reduce((sum, tally) => sum + tally[word], 0)] as const)
    .filter(([, number]) => number > 0);
  return parts.map(([word, number]) => `${count(number)} ${word}`).join(', ');
}
