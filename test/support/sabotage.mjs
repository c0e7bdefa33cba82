// Part of the tests: loaded before the program (node --import), makes its disk and its resolver fail when the test says so.
//
// It is told by messages: { disk: 'ENOSPC' | 'EIO' | 'EROFS' | null, stallMs: number, names: 'unknown' | null }.
// `stallMs` holds up what waits for the disk itself: fdatasync and large writes.
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';

const { SIDECAST_DATA_DIR: dataDir } = process.env;
/** Names that only this module knows: .invalid never resolves elsewhere (RFC 2606). */
const OURS = /\.sidecast\.invalid$/;

/** What is wrong now. */
const faults = { disk: null, stallMs: 0, names: null };

/** Answered, so that who tells it knows when it holds. */
process.on('message', (message) => {
  Object.assign(faults, message);
  process.send?.('told');
});
// Listening must not keep the program alive.
process.channel?.unref();

/** Descriptors of files in the data directory. */
const ours = new Set();
const isOurs = (file) => typeof file === 'string' && file.startsWith(dataDir);

const failure = (call) =>
  Object.assign(new Error(`${faults.disk}: sabotage, ${call}`), { code: faults.disk, syscall: call });

/** ENOSPC lets a part through before it strikes, as a disk that fills up does. */
let isHalfWritten = false;
function strikes() {
  if (faults.disk !== 'ENOSPC') return faults.disk !== null;
  isHalfWritten = !isHalfWritten;
  return !isHalfWritten;
}

function half(buffers) {
  const total = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const kept = [];
  let left = Math.max(1, total >> 1);
  for (const buffer of buffers) {
    if (left <= 0) break;
    kept.push(buffer.subarray(0, left));
    left -= buffer.byteLength;
  }
  return kept;
}

/** Replaces a function of a module, and keeps what util.promisify has to know about it. */
function replace(module, name, make) {
  const original = module[name];
  const replaced = make(original.bind(module));
  for (const key of Object.getOwnPropertySymbols(original)) replaced[key] = original[key];
  module[name] = replaced;
}

// Descriptors: opened in the data directory, forgotten when closed.
replace(fs, 'open', (open) => (file, ...rest) => {
  const done = rest.pop();
  if (isOurs(file) && faults.disk && rest[0] !== 'r' && rest[0] !== 0) return done(failure('open'));
  open(file, ...rest, (error, fd) => {
    if (!error && isOurs(file)) ours.add(fd);
    done(error, fd);
  });
});
replace(fs, 'openSync', (open) => (file, ...rest) => {
  if (isOurs(file) && faults.disk && rest[0] !== 'r' && rest[0] !== 0 && rest[0] !== undefined)
    throw failure('open');
  const fd = open(file, ...rest);
  if (isOurs(file)) ours.add(fd);
  return fd;
});
for (const name of ['close', 'closeSync']) {
  replace(fs, name, (close) => (fd, ...rest) => {
    ours.delete(fd);
    return close(fd, ...rest);
  });
}

// Writing and forcing to disk, by descriptor.
replace(fs, 'writev', (writev) => (fd, buffers, ...rest) => {
  if (!ours.has(fd) || (!faults.disk && faults.stallMs === 0)) return writev(fd, buffers, ...rest);
  const done = rest.at(-1);
  // What is wrong when the disk comes to it counts: once it is told to be well, nothing fails any more.
  return setTimeout(() => {
    if (faults.disk && strikes()) done(failure('writev'));
    else writev(fd, faults.disk ? half(buffers) : buffers, ...rest);
  }, faults.stallMs);
});
replace(fs, 'writevSync', (writev) => (fd, buffers, ...rest) => {
  if (!ours.has(fd) || !faults.disk) return writev(fd, buffers, ...rest);
  if (strikes()) throw failure('writev');
  return writev(fd, half(buffers), ...rest);
});
for (const name of ['fsync', 'fdatasync']) {
  replace(fs, name, (sync) => (fd, done) => {
    if (!ours.has(fd)) return sync(fd, done);
    setTimeout(() => {
      // A full disk still syncs what is there.
      if (faults.disk && faults.disk !== 'ENOSPC') done(failure(name));
      else sync(fd, done);
    }, faults.stallMs);
  });
}

// By name. Removing and renaming work on a full disk.
for (const name of ['writeFile', 'appendFile', 'mkdir', 'rename', 'unlink', 'rm', 'truncate', 'open']) {
  const needsRoom = !['rename', 'unlink', 'rm', 'truncate'].includes(name);
  replace(fs.promises, name, (call) => async (file, ...rest) => {
    const fails = faults.disk && (needsRoom || faults.disk !== 'ENOSPC');
    const isRead = name === 'open' && (rest[0] ?? 'r') === 'r';
    if (isOurs(file) && fails && !isRead) throw failure(name);
    const result = await call(file, ...rest);
    if (name === 'open' && isOurs(file)) sabotageHandle(result);
    return result;
  });
}

function sabotageHandle(handle) {
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'sync', 'datasync']) {
    const call = handle[name].bind(handle);
    const needsRoom = !name.endsWith('sync');
    handle[name] = async (...rest) => {
      if (faults.disk && (needsRoom || faults.disk !== 'ENOSPC')) throw failure(name);
      return call(...rest);
    };
  }
}

replace(dns, 'lookup', (lookup) => (name, ...rest) => {
  if (!OURS.test(name) || faults.names === 'unknown') return lookup(name, ...rest);
  const done = rest.pop();
  const address = { address: '127.0.0.1', family: 4 };
  return process.nextTick(() =>
    rest[0]?.all ? done(null, [address]) : done(null, address.address, address.family),
  );
});

syncBuiltinESMExports();
