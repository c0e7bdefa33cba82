// Part of cli: `sidecast health`, for HEALTHCHECK: 0 when every port is bound and data is taken, else 1.
import { optionGroups } from '../app/options.ts';
import { loadConfig, processSources } from '../config/load.ts';
import { createHttpClient } from '../http/index.ts';
import { systemClock } from '../model/clock.ts';
import { adminPort } from './admin-port.ts';
import type { Edge } from './edge.ts';

const TIMEOUT_MS = 2000;

export async function health(edge: Edge): Promise<number> {
  const { values } = loadConfig(optionGroups, processSources(edge.flags));
  // Nothing is told and nothing is believed but a yes or no: the certificate is for the name that clients use.
  const http = createHttpClient({ connections: 1, clock: systemClock, proxies: {}, verifyTls: false });
  const url = new URL('readyz', adminPort(values).url);
  // Nobody is asked for the token there, and clients take none in an address.
  url.username = url.password = '';
  try {
    const answer = await http.request({ method: 'GET', url, headers: {}, timeoutMs: TIMEOUT_MS });
    edge.stdout(Buffer.from(answer.body).toString().trim());
    return answer.status === 200 ? 0 : 1;
  } catch (error) {
    edge.stdout(`not ready: ${(error as Error).message}`);
    return 1;
  } finally {
    await http.close();
  }
}
