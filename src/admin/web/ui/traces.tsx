// Part of the page: the view of traces: how long they take above, the filter, the list.
import { isFiltered } from '../model/filter.ts';
import { place } from '../state/address.ts';
import { useStore } from '../state/store.ts';
import { loadTraces, traces } from '../state/traces.ts';
import { FilterBar } from './filter-bar.tsx';
import { Overview } from './overview.tsx';
import { Setup } from './setup.tsx';
import { TraceListView } from './trace-list.tsx';

export function Traces() {
  const { rows, kept, isLoading, failure } = useStore(traces);
  const { filter, traceId } = useStore(place);
  const isEmpty = rows.length === 0 && traceId === undefined;
  if (isEmpty && kept === 0 && !isLoading && failure === undefined && !isFiltered(filter)) return <Setup />;
  return (
    <>
      <Overview />
      <FilterBar />
      {failure !== undefined && (
        <p class="failure" role="alert">
          The list is not up to date: {failure}.{' '}
          <button type="button" onClick={() => void loadTraces()}>
            ask again
          </button>
        </p>
      )}
      <TraceListView />
    </>
  );
}
