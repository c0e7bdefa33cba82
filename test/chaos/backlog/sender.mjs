// Part of the chaos tests: sends OTLP requests, again and again where the journal has no room now.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_MS = 50;
const MAX_TRIES = 40;

export class Sender {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  #port;

  constructor(port) {
    this.#port = port;
  }

  /** False when it was never taken. */
  async send(body) {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const status = await this.#post(body);
      if (status === 200) return true;
      if (status !== 503) throw new Error(`answered ${status}`);
      await delay(AGAIN_MS);
    }
    return false;
  }

  close() {
    this.#agent.destroy();
  }

  #post(body) {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      path: '/v1/traces',
      method: 'POST',
      agent: this.#agent,
    };
    return new Promise((resolve, reject) => {
      const request = http.request({ ...options, headers }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
      });
      request.once('error', reject);
      request.end(body);
    });
  }
}
