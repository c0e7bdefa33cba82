// Part of the page: the heatmap for those who do not see it: the last five minutes as a table.
import type { Heatmap } from '../../api/shapes.ts';
import { clockOfMs, duration } from '../model/format.ts';
import { type Grid, sumColumn } from '../model/heat.ts';

const TABLE_COLUMNS = 60;

export function HeatTable({ heat, grid }: { heat: Heatmap; grid: Grid }) {
  const end = grid.firstColumn + grid.columns;
  const sums = Array.from({ length: TABLE_COLUMNS }, (_, index) => sumColumn(heat, end - 1 - index));
  return (
    <table class="unseen">
      <caption>Latency of the last five minutes, newest first</caption>
      <thead>
        <tr>
          <th scope="col">5 seconds from</th>
          <th scope="col">traces</th>
          <th scope="col">with errors</th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {sums.map(
          (sum) =>
            sum && (
              <tr key={sum.column}>
                <th scope="row">{clockOfMs(sum.startMs).slice(0, 8)}</th>
                <td>{sum.traces}</td>
                <td>{sum.errors}</td>
                <td>{duration(sum.p50Ms)}</td>
                <td>{duration(sum.p99Ms)}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}
