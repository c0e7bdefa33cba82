// Part of the page: what is different inside the dragged box: attributes whose share differs most from outside.
import type { Comparison } from '../../api/shapes.ts';
import { count, percent } from '../model/format.ts';
import { filterByAttribute } from '../state/address.ts';

export function Differences({ comparison }: { comparison: Comparison | string | undefined }) {
  if (typeof comparison === 'string') return <p class="differences empty">Not compared: {comparison}</p>;
  if (!comparison) return <p class="differences empty">Comparing</p>;
  const { inside, outside, attributes } = comparison;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
    <div class="differences" tabIndex={0} role="region" aria-label="What differs in the box">
      <table>
        <thead>
          <tr>
            <th scope="col">differs most</th>
            <th scope="col" class="in" title={`${count(inside)} traces`}>
              in the box
            </th>
            <th scope="col" class="out" title={`${count(outside)} traces`}>
              outside
            </th>
          </tr>
        </thead>
        <tbody>
          {attributes.map(({ key, value, insidePercent, outsidePercent }) => (
            <tr key={`${key}=${value}`}>
              <th scope="row" title={`${key} = ${value}`}>
                <button type="button" onClick={() => filterByAttribute(key, value)}>
                  <span class="key">{key}</span> {value}
                </button>
              </th>
              <Share tone="in" value={insidePercent} />
              <Share tone="out" value={outsidePercent} />
            </tr>
          ))}
        </tbody>
      </table>
      {attributes.length === 0 && (
        <p class="empty">
          Nothing differs between {inside} traces in the box and {outside} outside.
        </p>
      )}
    </div>
  );
}

function Share({ tone, value }: { tone: 'in' | 'out'; value: number }) {
  return (
    <td class={tone}>
      <span class="share" style={{ width: `${Math.max(1, value * 0.6)}px` }} aria-hidden="true" />
      {percent(value)}
    </td>
  );
}
