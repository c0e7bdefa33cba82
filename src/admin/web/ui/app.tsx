// Part of the page: the whole of it: head, and the view that the address names.
import { useEffect, useState } from 'preact/hooks';
import { filterQuery } from '../model/filter.ts';
import { place } from '../state/address.ts';
import { connect } from '../state/live.ts';
import { opened, showTrace, traceChanged } from '../state/opened.ts';
import { useStore } from '../state/store.ts';
import { loadTraces, takeTraces } from '../state/traces.ts';
import { Head } from './head.tsx';
import { Help } from './help.tsx';
import { listenToKeys } from './keyboard.ts';
import { Logs } from './logs.tsx';
import { PipelineView } from './pipeline.tsx';
import { Traces } from './traces.tsx';

export function App() {
  const here = useStore(place);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const query = filterQuery(here.filter).toString();
  useEffect(() => {
    connect({
      onTraces(event) {
        takeTraces(event);
        for (const { id, version } of event.rows) traceChanged(id, version);
      },
      onConnected() {
        void loadTraces();
        const trace = opened.get();
        if (trace) traceChanged(trace.id, Number.POSITIVE_INFINITY);
      },
    });
    return listenToKeys({ onHelp: () => setHelpOpen((now) => !now) });
  }, []);
  useEffect(() => void loadTraces(), [query]);
  useEffect(() => showTrace(here.traceId), [here.traceId]);
  return (
    <>
      <Head />
      <main class={here.view}>
        {here.view === 'traces' && <Traces />}
        {here.view === 'logs' && <Logs />}
        {here.view === 'pipeline' && <PipelineView />}
      </main>
      {isHelpOpen && <Help onClose={() => setHelpOpen(false)} />}
    </>
  );
}
