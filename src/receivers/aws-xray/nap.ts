// Part of receivers/aws-xray: the thread of the sockets sleeps a little between reads, so that it wakes up for many datagrams.

/**
 * Woken up for each few, it takes a fifth of all CPU on the way to X-Ray: with 5 ms all of it is 12 % less at 5,000 datagrams/s (49 µs
 * a segment, 43 with it; three runs each in turns, Node 24). 10 and 18 ms save no more.
 */
export const NAP_MS = 5;
/** libuv reads so many of a socket in one turn (uv__udp_recvmsg): who got fewer has read all. */
const READS_A_TURN = 32;
/** Of what the kernel grants: 5 ms fill it at 360,000 datagrams of 1.6 KB a second. Its default is full after 92. */
const ROOMY_BYTES = 4 * 1024 * 1024;

/** Whether the kernel keeps all that comes in a nap. */
export const isRoomy = ({ receiveBufferBytes }: { receiveBufferBytes: number }): boolean =>
  receiveBufferBytes >= ROOMY_BYTES;

/** Returns what is to be called for each datagram. */
export function createNap(mayNap: () => boolean, sleep: (milliseconds: number) => void): () => void {
  let read = 0;
  const onTurnsEnd = () => {
    const hasReadAll = read < READS_A_TURN;
    read = 0;
    if (hasReadAll && mayNap()) sleep(NAP_MS);
  };
  return () => {
    read += 1;
    if (read === 1) setImmediate(onTurnsEnd);
  };
}
