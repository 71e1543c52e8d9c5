import cliProgress from 'cli-progress';

/** Where progress is shown, standard output for one. */
export type Screen = NodeJS.WritableStream & { isTTY?: boolean };

/** How far something with a known number of steps has come. */
export interface Progress {
  update(steps: number, note: string): void;
  /** Takes the bar away, so that other lines can be printed. */
  stop(): void;
}

/** Seconds between two lines where there is no terminal: enough to see that it goes on, few enough for a log. */
const LINE_EVERY = 10;

/** A live bar in a terminal; elsewhere a plain line now and then. */
export function showProgress(label: string, total: number, screen: Screen = process.stdout): Progress {
  const canDraw = screen.isTTY && process.env.TERM !== 'dumb';
  return canDraw ? bar(label, total, screen) : lines(label, total, screen);
}

function bar(label: string, total: number, stream: Screen): Progress {
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${label} [{bar}] {value}/{total}{note}  {eta_formatted} left`,
    barsize: 24,
    etaBuffer: 50,
    clearOnComplete: true,
    // Neither the cursor nor the terminal's wrapping is touched, so nothing needs repair after a sudden end.
    linewrap: true,
  });
  // A sudden end leaves the bar where it is; what comes next starts on a line of its own.
  const leave = (): boolean => stream.write('\n');
  process.once('exit', leave);
  bar.start(total, 0, { note: '' });
  return {
    update: (steps, note) => bar.update(steps, { note: note && `  ${note}` }),
    stop() {
      process.off('exit', leave);
      bar.stop();
    },
  };
}

function lines(label: string, total: number, screen: Screen): Progress {
  let last = performance.now();
  return {
    update(steps, note) {
      if (performance.now() - last < LINE_EVERY * 1000 || steps === total) return;
      last = performance.now();
      screen.write(`${label}  ${steps}/${total}  ${note}\n`);
    },
    stop() {},
  };
}
