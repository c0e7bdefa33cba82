// Part of receivers/aws-xray: the entry of the worker thread that serves the UDP sockets.
import { parentPort, workerData } from 'node:worker_threads';
import { blocksIn } from './blocks.ts';
import { goFirst } from './go-first.ts';
import { serveSockets } from './serve-sockets.ts';
import type { SocketWorkerData } from './thread.ts';

if (!parentPort) throw new Error('this file runs in a worker thread only');
const { memory, goesFirst } = workerData as SocketWorkerData;
serveSockets(parentPort, blocksIn(memory), goesFirst ? goFirst : undefined);
