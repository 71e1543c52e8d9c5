import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The signal that asks for an end of the run. */
export type Signal = (typeof SIGNALS)[number];

/** What a shell reports for a program that a signal ended. */
export const exitCodeOf = (signal: Signal): number => 128 + constants.signals[signal];

/** Notes the first signal, for the loop to end in its own time. The second one exits at once. */
export class StopSignal {
  /** The signal that came, null as long as there was none. */
  received: Signal | null = null;
  private readonly listener = (signal: Signal): void => {
    if (this.received !== null) process.exit(exitCodeOf(signal));
    this.received = signal;
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.listener);
    // Whoever watched is gone, as in `npm start | head -1`. Not a second signal: nobody asked for an end at once.
    process.stdout.on('error', () => {
      this.received ??= 'SIGHUP';
    });
  }

  /** Leaves signals to Node again; what cannot be printed any more still ends nothing. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }
}
