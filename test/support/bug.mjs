// Part of the tests: loaded before the program, throws where nobody catches when the test says so.
import process from 'node:process';

process.on('message', ({ kind, text }) => {
  process.send?.('told');
  if (kind === 'rejection') void Promise.reject(new Error(text));
  else
    setImmediate(() => {
      throw new TypeError(text);
    });
});
process.channel?.unref();
