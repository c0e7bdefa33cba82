// Part of receivers/aws-xray: what the main thread and the thread of the UDP sockets tell each other.

/** What has an id is answered once, under the same id. */
export type ToSockets =
  | { kind: 'open'; id: number; host: string; port: number; receiveBufferBytes: number }
  | { kind: 'close'; id: number }
  /** Read what the kernel holds, close all sockets, hand over the rest. */
  | { kind: 'stop'; id: number };

export type FromSockets =
  | { kind: 'opened'; id: number; port: number; receiveBufferBytes: number }
  | { kind: 'failed'; id: number; error: SocketFailure }
  | { kind: 'closed'; id: number }
  | { kind: 'batch'; batch: Batch }
  | { kind: 'error'; message: string }
  | { kind: 'stopped'; id: number };

/** Between threads an Error loses its code. */
export interface SocketFailure {
  message: string;
  code: string | undefined;
  address: string | undefined;
}

/** What came within a few milliseconds, of all peers. */
export interface Batch {
  receivedAtMs: number;
  /** Holds the documents in the framing of the journal, as they came. */
  block: number | undefined;
  /** Of the block, one after the other. */
  runs: readonly Run[];
  refused: readonly Refused[];
}

/** Documents of one peer that follow each other: framed, so many bytes. */
export interface Run {
  peer: string;
  bytes: number;
}

export interface Refused {
  code: RefusedCode;
  datagrams: number;
  /** Of the last one. */
  peer: string;
}

export type RefusedCode = 'no_header' | 'bad_header' | 'empty_document' | 'overloaded';
