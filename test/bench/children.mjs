// Part of the tests: the processes beside the measured one. Their own, so that their CPU time is not counted.
import { fork } from 'node:child_process';
import { join } from 'node:path';

/** `ask` sends a message and resolves with the next one that comes back. One at a time. */
export function startChild(file) {
  const child = fork(join(import.meta.dirname, file), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const next = () =>
    new Promise((resolve, reject) => {
      const onExit = (code) => reject(new Error(`${file} ended with ${code}`));
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        if (message.error) reject(new Error(`${file}: ${message.error}`));
        else resolve(message);
      });
    });
  return {
    next,
    send: (message) => void child.send(message),
    ask(message) {
      const answer = next();
      child.send(message);
      return answer;
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
