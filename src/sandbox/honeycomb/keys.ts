// Part of the sandbox: what a Honeycomb key looks like (API docs, "Authentication"; husky's key checks).

export type KeyKind = 'classic' | 'environments' | 'unknown';

/** Management keys (`hc?mk_`) cannot send data and so count as unknown. */
export function kindOfKey(key: string): KeyKind {
  if (/^[0-9a-f]{32}$/.test(key) || /^hc[a-z]ic_[0-9a-z]{58}$/.test(key)) return 'classic';
  if (/^hc[a-z]ik_[0-9a-zA-Z]{58}$/.test(key) || /^[0-9A-Za-z]{20,23}$/.test(key)) return 'environments';
  return 'unknown';
}

/** The answer of `GET /1/auth`: for Classic the environment's strings are empty. */
export function describeKey(key: string): unknown {
  const classic = kindOfKey(key) === 'classic';
  const ingest = key.startsWith('hc');
  return {
    id: key.slice(0, 26),
    type: ingest ? 'ingest' : 'configuration',
    api_key_access: {
      events: true,
      createDatasets: true,
      markers: !ingest,
      triggers: !ingest,
      boards: !ingest,
      queries: !ingest,
      columns: !ingest,
      slos: !ingest,
    },
    environment: classic ? { name: '', slug: '' } : { name: 'sandbox', slug: 'sandbox' },
    team: { name: 'Sandbox', slug: 'sandbox' },
  };
}
