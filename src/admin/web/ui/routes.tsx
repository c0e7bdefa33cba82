// Part of the page: the routes in numbers. A click filters.
import { useState } from 'preact/hooks';
import type { Heatmap } from '../../api/shapes.ts';
import { duration, exactDuration, percent, rate } from '../model/format.ts';
import { place, setFilter } from '../state/address.ts';
import { useStore } from '../state/store.ts';

type Route = Heatmap['routes'][number];
type Column = Exclude<keyof Route, 'route'>;

const COLUMNS: readonly (readonly [Column, string, (value: number) => string])[] = [
  ['perSecond', 'rate', rate],
  ['errorPercent', 'errors', percent],
  ['p50Ms', 'p50', duration],
  ['p95Ms', 'p95', duration],
  ['p99Ms', 'p99', duration],
];

export function Routes({ routes }: { routes: readonly Route[] }) {
  const [by, setBy] = useState<Column>('perSecond');
  const { filter } = useStore(place);
  const sorted = routes.toSorted((a, b) => b[by] - a[by]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keys too
    <div class="routes" tabIndex={0} role="region" aria-label="Routes">
      <table>
        <thead>
          <tr>
            <th scope="col">route</th>
            {COLUMNS.map(([column, name]) => (
              <th key={column} scope="col" aria-sort={by === column ? 'descending' : 'none'}>
                <button type="button" onClick={() => setBy(column)}>
                  {name}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.route} class={filter.route === row.route ? 'is-chosen' : ''}>
              <th scope="row" title={row.route}>
                <button type="button" onClick={() => choose(row.route)}>
                  {row.route}
                </button>
              </th>
              {COLUMNS.map(([column, , text]) => (
                <td
                  key={column}
                  class={column === 'errorPercent' ? errorTone(row[column]) : ''}
                  title={column.endsWith('Ms') ? exactDuration(row[column]) : undefined}
                >
                  {text(row[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Nearly every route fails now and then: what stands out is to be worth a look. */
const ODD_PERCENT = 1;
const BAD_PERCENT = 5;

function errorTone(failed: number): string {
  if (failed >= BAD_PERCENT) return 'is-bad';
  return failed >= ODD_PERCENT ? 'is-odd' : '';
}

function choose(route: string): void {
  setFilter('route', place.get().filter.route === route ? undefined : route);
}
