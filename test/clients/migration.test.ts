// Part of the tests: the reference backend moves to sidecast by what the README says and nothing else; its code is not touched.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { fences, readme } from '../support/readme-commands.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { accessLines, documents, exceptionsIn, serverSpans } from './arrivals.ts';
import { type Flask, startFlask } from './flask.ts';

interface Snippet {
  services: Record<'sidecast' | 'backend', { environment: Record<string, string | null> }>;
}

/** "Put it beside your backend". */
const snippet = fences(readme())
  .filter(({ language }) => language === 'yaml')
  .map(({ text }) => parse(text) as Partial<Snippet>)
  .find((found): found is Snippet => found.services?.backend !== undefined);
/** "A Flask backend, before and after": rows of variables. An `after` of words leaves what was there, or takes it away. */
const rows = [...readme().matchAll(/^ *\| `([A-Z_]+)` \| `([^`]+)` \| (.+) \|$/gm)].map(
  ([, name = '', before = '', after = '']) => ({ name, before, after }),
);

const WITH_LIFE: Readonly<Record<string, string>> = {
  HONEYCOMB_API_KEY: 'the-key-that-the-app-had',
  ROLLBAR_ACCESS_TOKEN: '',
  GITPOD_WORKSPACE_ID: 'sidecast-test',
};
const withLife = (text: string) =>
  text.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => WITH_LIFE[name] ?? '');

let sandbox: Sandbox;
let sidecast: Sidecast;
let flask: Flask;

beforeAll(async () => {
  sandbox = await startSandbox();
  const all: Readonly<Record<string, string>> = settingsOf(sandbox);
  // The variables of the snippet with the keys of the sandbox, and where the sandbox's vendors are.
  const keys = Object.keys(snippet?.services.sidecast.environment ?? {});
  const chosen = Object.entries(all).filter(([name]) => keys.includes(name) || name.includes('ENDPOINT'));
  sidecast = await startSidecast({ ...Object.fromEntries(chosen), SIDECAST_ROUTING: 'native' });
  flask = await startFlask(migrated());
});
afterAll(async () => {
  await flask?.stop();
  await sidecast?.stop();
  await sandbox?.close();
});

/** What the backend had, but for the two variables that change. */
function migrated(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, before, after } of rows) {
    if (after.startsWith('goes')) continue;
    const changed = /^`([^`]+)`$/.exec(after)?.[1];
    environment[name] = withLife(changed ?? before)
      .replace('http://sidecast:4318', sidecast.otlpUrl)
      .replace('sidecast:2000', `127.0.0.1:${sidecast.xrayPort}`);
  }
  return environment;
}

it('says the same in the snippet and in the table, and two variables change', () => {
  const changed = rows.filter(({ after }) => after.startsWith('`'));

  expect(Object.fromEntries(changed.map(({ name, after }) => [name, after.slice(1, -1)]))).toEqual(
    snippet?.services.backend.environment,
  );
  expect(changed).toHaveLength(2);
  expect(rows.length).toBeGreaterThan(4);
});

it('brings its requests to all four destinations', async () => {
  expect(await flask.get('/api/activities/home')).toBe(200);
  expect(await flask.get('/api/boom')).toBe(500);

  const [failed] = await eventually(
    () => serverSpans(sandbox).filter(({ target }) => target === '/api/boom'),
    (spans) => spans.length === 1,
    30_000,
  );
  const traceId = failed?.traceId ?? '';
  await eventually(
    () => [accessLines(sandbox).length, exceptionsIn(sandbox, traceId).length],
    ([lines = 0, exceptions = 0]) => lines >= 2 && exceptions > 0,
    30_000,
  );

  // The header that stayed has a key that Honeycomb does not know.
  expect(sandbox.counts().honeycomb.refused).toBe(0);
  expect(serverSpans(sandbox).map(({ target }) => target)).toContain('/api/activities/home');
  const segments = documents(sandbox).map((document) => JSON.parse(document) as { name: string });
  expect(segments.filter(({ name }) => name === 'backend-flask').length).toBeGreaterThanOrEqual(2);
  expect(accessLines(sandbox).map(({ http }) => http.path)).toEqual(
    expect.arrayContaining(['/api/activities/home', '/api/boom']),
  );
  const { destinations } = await sidecast.status();
  for (const [id, { state, counts }] of Object.entries(destinations)) {
    expect(state, id).toBe('on');
    expect(counts, id).toMatchObject({ rejected: 0, dropped: 0 });
  }
});
