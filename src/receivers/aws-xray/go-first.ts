// Part of receivers/aws-xray: lets the thread that receives datagrams go before the others of this process.
import { readdirSync, readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

/**
 * What the others are behind: a tenth of the weight where two want the same core (sched(7)). They can wait, the kernel cannot: its
 * default buffer is full after 5 ms at 20,000/s. There, on two cores that were busy with sender and sink as well, 5 to 8 % of the
 * datagrams were lost, and 2 % with this.
 */
const STEPS_BEHIND = 10;
const LAST = 19;

/** For good: without a capability, nobody gets back what was given up. Threads that come later are as the one that starts them. */
export function goFirst(): void {
  try {
    const own = basename(readlinkSync('/proc/thread-self'));
    const behind = Math.min(LAST, getPriority(Number(own)) + STEPS_BEHIND);
    for (const thread of readdirSync('/proc/self/task')) if (thread !== own) letWait(Number(thread), behind);
  } catch {
    // Only Linux has threads there.
  }
}

function letWait(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch {
    // It has ended, or the kernel does not allow it.
  }
}
