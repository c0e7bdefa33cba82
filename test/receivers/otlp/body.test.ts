// Part of the tests: a body is whole, and the memory that it was read into is given back where it is all of that body.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/intake/admission.ts';
import { createBufferPool } from '../../../src/model/buffer-pool.ts';
import { giveBack } from '../../../src/model/read-memory.ts';
import { readBody } from '../../../src/receivers/otlp/body.ts';

const MIB = 1024 * 1024;
const canGiveBack = 'transfer' in ArrayBuffer.prototype;

describe(giveBack, () => {
  it.skipIf(!canGiveBack)('empties what has its memory for itself', () => {
    const chunk = Buffer.from(new ArrayBuffer(65_536));
    giveBack(chunk);

    expect(chunk.length).toBe(0);
  });

  it.each([
    ['at its beginning', 0, 10],
    ['at its end', 10, 100],
    ['in the middle', 10, 20],
  ])('leaves alone a part of what was read, %s', (_where, from, to) => {
    const chunk = Buffer.from(new ArrayBuffer(100)).subarray(from, to);
    giveBack(chunk);

    expect(chunk.buffer.byteLength).toBe(100);
  });
});

describe(readBody, () => {
  let server: http.Server;
  let bodies: Promise<Buffer>[];

  beforeEach(async () => {
    bodies = [];
    const admission = createAdmission(64 * MIB);
    const pool = createBufferPool(0);
    server = http.createServer((request, response) => {
      const reservation = admission.reserve(0);
      if (!reservation) throw new Error('no room');
      const body = readBody(request, 16 * MIB, reservation, pool);
      bodies.push(body);
      void body.finally(() => response.end());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  /** Written in pieces, each when the one before has been read. */
  async function send(...pieces: Uint8Array[]): Promise<void> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    await once(socket.resume(), 'close');
  }

  const head = (bytes: number) =>
    Buffer.from(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n\r\n`);
  const received = () => Promise.all(bodies);

  it('has a body of many reads whole', async () => {
    const body = randomBytes(3 * MIB + 17);
    await send(head(body.length), body);

    expect((await received()).map((each) => each.equals(body))).toEqual([true]);
  });

  it('has the bodies of requests that came in one read whole', async () => {
    const sent = [randomBytes(200), randomBytes(3000), randomBytes(90_000), randomBytes(50)];
    await send(Buffer.concat(sent.flatMap((body) => [head(body.length), body])));

    expect((await received()).map((each, index) => each.equals(sent[index] ?? each.subarray(1)))).toEqual(
      sent.map(() => true),
    );
  });

  it('has a body whole whose chunks came in one read', async () => {
    const chunks = [randomBytes(100), randomBytes(70_000), randomBytes(1), randomBytes(9000)];
    const framed = chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ]);
    const start = Buffer.from('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    await send(Buffer.concat([start, ...framed, Buffer.from('0\r\n\r\n')]));

    expect((await received()).map((each) => each.equals(Buffer.concat(chunks)))).toEqual([true]);
  });
});
