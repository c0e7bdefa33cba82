// Part of receivers/otlp: reads a request's body within bounds, or reads past it.
import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../../intake/admission.ts';
import type { BufferPool } from '../../model/buffer-pool.ts';
import { giveBack } from '../../model/read-memory.ts';
import { notNow, tooLarge } from './refusal.ts';

/** The client went away: nobody is left to be answered. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
}

/** A body of unknown length starts with this share of the bytes in flight: more than most batches have. */
export const UNKNOWN_LENGTH_BYTES = 64 * 1024;

/** No honest client sends more than the specification's recommended request bound (OTLP 1.11: 64 MiB). */
const MAX_DISCARD_BYTES = 64 * 1024 * 1024;

/** The body as sent. Throws a Refusal as soon as it is too large, or larger than the bytes in flight allow. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  reservation: Reservation,
  pool: BufferPool,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collector = collect(Number(request.headers['content-length'] ?? 0), pool);
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) stop(tooLarge(maxBytes));
      else if (!reservation.growTo(size)) stop(overloaded());
      else collector.add(chunk);
      giveBack(chunk);
    };
    const onEnd = () => {
      stop();
      resolve(collector.whole());
    };
    const onGone = () => stop(new GoneError('the client closed the connection'));
    const stop = (error?: Error) => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      if (!error) return;
      request.pause();
      collector.discard();
      reject(error);
    };
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

interface Collector {
  add(chunk: Buffer): void;
  whole(): Buffer;
  discard(): void;
}

/** A body of unknown length that outgrows its buffer moves to one so many times as large: what it has not written to costs nothing. */
const GROWTH = 4;

/**
 * A body is put together as it comes: Node reads into 64 KiB buffers, and those that wait for the end of their body
 * outlive the young generation (100 MB of them at 70,000 spans/s). Memory that nobody wrote to costs nothing.
 */
function collect(length: number, pool: BufferPool): Collector {
  let buffer: Buffer | undefined;
  let size = 0;
  const discard = () => {
    if (buffer) pool.give(buffer);
    // V8 keeps what a stack trace could show: the refusal would hold the body until its answer is sent.
    buffer = undefined;
  };
  const grow = (bytes: number): Buffer => {
    const larger = pool.take(bytes);
    if (buffer) larger.set(buffer.subarray(0, size));
    discard();
    buffer = larger;
    return larger;
  };
  return {
    add(chunk) {
      const needed = size + chunk.length;
      const room = buffer ?? grow(length || Math.max(needed, UNKNOWN_LENGTH_BYTES));
      (needed > room.length ? grow(needed * GROWTH) : room).set(chunk, size);
      size = needed;
    },
    whole() {
      if (!buffer || size === buffer.length) return buffer ?? Buffer.alloc(0);
      const exact = pool.take(size);
      exact.set(buffer.subarray(0, size));
      discard();
      return exact;
    },
    discard,
  };
}

/**
 * Reads what is left of the body and forgets it, for the client to finish writing and see the answer: one that is still
 * writing when its connection closes sees a reset instead, and some drop the batch then. False when the body did not
 * end within the bound: the connection cannot be used again. Throws GoneError.
 */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (request.complete && request.readableLength === 0) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      giveBack(chunk);
      if (size > MAX_DISCARD_BYTES) stop(() => resolve(false));
    };
    const onEnd = () => stop(() => resolve(true));
    const onGone = () => stop(() => reject(new GoneError('the client closed the connection')));
    const stop = (settle: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      settle();
    };
    if (request.destroyed && !request.complete) return onGone();
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    request.resume();
  });
}

export function overloaded() {
  return notNow('overloaded', 'too many bytes are in flight (SIDECAST_MAX_IN_FLIGHT_BYTES): try again');
}
