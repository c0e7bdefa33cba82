// Part of the tests of receivers/otlp: a receiver on a free port, an intake that remembers, and raw clients.

import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import net from 'node:net';
import { createAdmission } from '../../../src/intake/admission.ts';
import type { Intake } from '../../../src/intake/intake.ts';
import type { Room } from '../../../src/intake/room.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { Accepted } from '../../../src/model/signals.ts';
import {
  createOtlpReceiver,
  type OtlpReceiver,
  type OtlpReceiverOptions,
} from '../../../src/receivers/otlp/index.ts';

export interface FakeIntake extends Intake {
  accepted: Accepted[];
  refused: [code: string, items: number][];
  room: boolean;
  roomForAll: boolean;
  /** The rooms that were set aside, and what each was released from. */
  rooms: { bytes: number; isReleased: boolean }[];
  /** What was accepted in a room. */
  inRoom: (Room | undefined)[];
  onAccept: (accepted: Accepted) => Promise<void>;
}

export function fakeIntake(maxBytesInFlight = 32 * 1024 * 1024): FakeIntake {
  const intake: FakeIntake = {
    admission: createAdmission(maxBytesInFlight),
    accepted: [],
    refused: [],
    room: true,
    roomForAll: true,
    rooms: [],
    inRoom: [],
    onAccept: async () => {},
    async accept(_receiver, accepted, _onPosition, room) {
      await intake.onAccept(accepted);
      intake.inRoom.push(room);
      intake.accepted.push(accepted);
    },
    hasRoom: () => intake.room,
    setAside(bytes) {
      if (!intake.roomForAll) return undefined;
      const room = { bytes, isReleased: false };
      intake.rooms.push(room);
      return { fill: () => undefined, release: () => void Object.assign(room, { isReleased: true }) };
    },
    refuse: (_receiver, code, items) => void intake.refused.push([code, items]),
  };
  return intake;
}

export interface Bench {
  intake: FakeIntake;
  receiver: OtlpReceiver;
  port: number;
  logs: Record<string, unknown>[];
}

const started: OtlpReceiver[] = [];

export async function startReceiver(
  options: Partial<OtlpReceiverOptions> & { maxBytesInFlight?: number } = {},
): Promise<Bench> {
  const { maxBytesInFlight, ...rest } = options;
  const intake = fakeIntake(maxBytesInFlight);
  const logs: Record<string, unknown>[] = [];
  const receiver = createOtlpReceiver({
    hosts: ['127.0.0.1'],
    port: 0,
    maxRequestBytes: 1024 * 1024,
    corsOrigins: [],
    intake,
    log: (level, event, _msg, fields) => void logs.push({ level, event, ...fields }),
    clock: systemClock,
    ...rest,
  });
  started.push(receiver);
  await receiver.start();
  return { intake, receiver, logs, port: Number(receiver.addresses()[0]!.split(':').at(-1)) };
}

/** For afterEach: cuts what is still open. */
export async function stopReceivers(): Promise<void> {
  await Promise.all(started.splice(0).map((receiver) => receiver.shutdown(AbortSignal.abort())));
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Call {
  path?: string;
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  body?: Uint8Array | string;
  /** Written one after the other, without Content-Length. */
  chunks?: readonly Uint8Array[];
  agent?: http.Agent;
  host?: string;
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE = { 'content-type': 'application/json' };

export async function call(port: number, options: Call = {}): Promise<Answer> {
  const {
    path = '/v1/traces',
    method = 'POST',
    headers = PROTOBUF,
    body,
    chunks,
    agent,
    host = '127.0.0.1',
  } = options;
  const length = body === undefined || chunks ? {} : { 'content-length': Buffer.byteLength(body) };
  const request = http.request({ host, port, path, method, agent, headers: { ...headers, ...length } });
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  // A reset after the answer is no failure of the call; one before it rejects `answered`.
  request.on('error', () => {});
  for (const chunk of chunks ?? [])
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered]);
  request.end(chunks ? undefined : body);
  const [response] = await answered;
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) };
}

/** A bare connection: `received()` resolves with all it got once the server has closed it. */
export async function connect(port: number): Promise<net.Socket & { received(): Promise<string> }> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  const end = once(socket, 'end');
  return Object.assign(socket, {
    async received() {
      await end;
      return Buffer.concat(parts).toString('latin1');
    },
  });
}
