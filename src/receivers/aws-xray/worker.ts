// Part of receivers/aws-xray: the entry of the worker thread that serves the UDP sockets.
import { parentPort, workerData } from 'node:worker_threads';
import { blocksIn } from './blocks.ts';
import { serveSockets } from './serve-sockets.ts';

if (!parentPort) throw new Error('this file runs in a worker thread only');
const nobody = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const sleep = (milliseconds: number) => void Atomics.wait(nobody, 0, 0, milliseconds);
serveSockets(parentPort, blocksIn(workerData as SharedArrayBuffer), sleep);
