// Part of the tests: a process that counts datagrams and does nothing else: what it loses, this machine does not give.
import { createSocket } from 'node:dgram';
import { kernelDrops } from './process-stats.mjs';

/** What was sent has arrived by then, or never will. */
const QUIET_MS = 500;

let received = 0;
const socket = createSocket('udp4', () => {
  received += 1;
});
socket.bind(0, '127.0.0.1', () => process.send({ port: socket.address().port }));

process.on('message', () => {
  const look = (last) => {
    if (received !== last) setTimeout(look, QUIET_MS, received);
    else process.send({ received, kernelDrops: kernelDrops(socket.address().port) });
  };
  look();
});
