// Part of the tests: the thread in which a target runs. Vite loads the sources as they are, as the unit tests do.
import { parentPort, workerData } from 'node:worker_threads';
import { createServer } from 'vite';

const server = await createServer({
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { fuzz } = await server.ssrLoadModule('/test/fuzz/fuzz.ts');
const { TARGETS } = await server.ssrLoadModule('/test/fuzz/targets.ts');
parentPort.postMessage({ targets: Object.keys(TARGETS) });
if (workerData.target) parentPort.postMessage({ result: await fuzz(workerData) });
await server.close();
process.exit();
