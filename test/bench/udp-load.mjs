// Part of the tests: a process that sends X-Ray datagrams at a steady rate, and tells its parent when the last one is out.
import { createSocket } from 'node:dgram';
import { segmentWriter } from './segments.mjs';

const TICK_MS = 1;
/** After a pause of this process, it catches up at five times the rate, not in one burst that no backend would send. */
const CATCH_UP = 5;
const SEND_BUFFER_BYTES = 1024 * 1024;

process.once('message', (options) => {
  run(options).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error) }),
  );
});

async function run({ port, rate, segments }) {
  const write = segmentWriter(1);
  const socket = createSocket({ type: 'udp4', sendBufferSize: SEND_BUFFER_BYTES });
  await new Promise((resolve) => socket.connect(port, '127.0.0.1', resolve));
  let sent = 0;
  let out = 0;
  let bytes = 0;
  const startedMs = performance.now();
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    const onOut = (error) => {
      if (error) return reject(error);
      out += 1;
      if (out === segments) resolve();
    };
    const tick = () => {
      const due = Math.min(segments, Math.floor(((performance.now() - startedMs) / 1000) * rate));
      const until = Math.min(due, sent + Math.ceil((rate / 1000) * TICK_MS * CATCH_UP));
      for (; sent < until; sent += 1) {
        const datagram = write(sent, Date.now());
        bytes += datagram.length;
        socket.send(datagram, onOut);
      }
      if (sent < segments) setTimeout(tick, TICK_MS);
    };
    tick();
  });
  const seconds = (performance.now() - startedMs) / 1000;
  socket.close();
  return { sent: segments, bytes, retries: 0, seconds };
}
