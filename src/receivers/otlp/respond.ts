// Part of receivers/otlp: writes answers, in the content type of the request.
import type { FastifyReply } from 'fastify';
import { type Encoding, encodeStatus } from '../../protocols/otlp/status.ts';
import type { Refusal } from './refusal.ts';

const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** By the media type alone: parameters such as charset do not matter. `application/protobuf` is a common slip. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === CONTENT_TYPES.protobuf) return 'protobuf';
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType === CONTENT_TYPES.protobuf || mediaType === 'application/protobuf') return 'protobuf';
  return mediaType === CONTENT_TYPES.json ? 'json' : undefined;
}

export function answer(reply: FastifyReply, status: number, type: Encoding, body: Uint8Array): FastifyReply {
  reply.code(status).header('content-type', CONTENT_TYPES[type]);
  // An empty buffer would be a second piece to write.
  if (body.length === 0) return reply.send();
  return reply.send(Buffer.from(body.buffer, body.byteOffset, body.length));
}

/** A google.rpc.Status; as JSON where the request's type is neither of the two. */
export function refuse(reply: FastifyReply, refusal: Refusal, type: Encoding = 'json'): FastifyReply {
  reply.headers(refusal.headers);
  return answer(reply, refusal.status, type, encodeStatus(refusal.grpcCode, refusal.message, type));
}
