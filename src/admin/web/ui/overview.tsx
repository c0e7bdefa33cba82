// Part of the page: how long requests take: the heatmap, and beside it the routes, or what is different in the chosen box.
import { useEffect, useState } from 'preact/hooks';
import type { Comparison } from '../../api/shapes.ts';
import { filterQuery } from '../model/filter.ts';
import { place } from '../state/address.ts';
import { fetchComparison, fetchHeatmap } from '../state/api.ts';
import { heatmap } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { Differences } from './differences.tsx';
import { HeatmapView } from './heatmap.tsx';
import { Routes } from './routes.tsx';

const KEY = 'sidecast.overview';

export function Overview() {
  const heat = useStore(heatmap);
  const { filter } = useStore(place);
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const [showsRoutes, setShowsRoutes] = useState(false);
  const comparison = useComparison(filter.box && filterQuery({ attr: [], box: filter.box }).toString());
  useEffect(() => {
    if (!heatmap.get()) fetchHeatmap().then(heatmap.set, () => undefined);
  }, []);
  const toggle = () => {
    localStorage.setItem(KEY, isOpen ? 'closed' : 'open');
    setOpen(!isOpen);
  };
  return (
    <section
      class={`overview ${isOpen ? '' : 'is-closed'} ${showsRoutes ? 'shows-routes' : ''}`}
      aria-label="Latency"
    >
      <button
        type="button"
        class="fold"
        aria-expanded={isOpen}
        onClick={toggle}
        title={isOpen ? 'Fold the latency away' : 'Show the latency'}
      >
        {isOpen ? '▾' : '▸'} latency
      </button>
      {isOpen && (
        <button
          type="button"
          class="fold turn"
          aria-pressed={showsRoutes}
          onClick={() => setShowsRoutes(!showsRoutes)}
        >
          routes
        </button>
      )}
      {isOpen && (
        <>
          {heat ? <HeatmapView heat={heat} box={filter.box} /> : <div class="heatmap" />}
          {filter.box ? <Differences comparison={comparison} /> : <Routes routes={heat?.routes ?? []} />}
        </>
      )}
    </section>
  );
}

/** As it was left; on a phone the list has the room. */
function isOpenAtFirst(): boolean {
  const left = localStorage.getItem(KEY);
  return left === null ? innerWidth >= 700 : left === 'open';
}

function useComparison(query: string | undefined): Comparison | string | undefined {
  const [comparison, setComparison] = useState<Comparison | string>();
  useEffect(() => {
    setComparison(undefined);
    const { box } = place.get().filter;
    if (query === undefined || !box) return undefined;
    let isWanted = true;
    fetchComparison(box).then(
      (found) => isWanted && setComparison(found),
      (error: Error) => isWanted && setComparison(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [query]);
  return comparison;
}
