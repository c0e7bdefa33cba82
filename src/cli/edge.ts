// Part of cli: what a command may know of its process. main.ts makes it; tests make their own.

export interface Edge {
  /** As typed after the command. */
  flags: readonly string[];
  /** The program that runs, to start it again as a child. */
  program: string;
  version: string;
  isTerminal: boolean;
  /** Standard output is a terminal that shows them. */
  colours?: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Resolves with the first SIGINT or SIGTERM. */
  signal: Promise<string>;
  /** SIGHUP, where it means: read the configuration again. */
  onHangup?(listener: () => void): void;
}
