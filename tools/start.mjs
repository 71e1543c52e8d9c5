/** `npm start -- --epochs 3`: installs and builds what is missing, then runs the main example with these arguments. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { build } from './build.mjs';
import { install } from './install.mjs';
import { environment, root } from './run.mjs';

const program = 'examples/mnist/dist/main.js';

/** One Ctrl-C arrives here twice, from the terminal and from npm, a moment apart; a second Ctrl-C comes later. */
const sameKeyPress = 400;

/**
 * Runs the program in a process group of its own. In ours, the terminal would deliver Ctrl-C to it as well, and whether
 * a signal came from there (and must not be passed on) or from a `kill` (and must be) cannot be told.
 */
function start(args) {
  const windows = process.platform === 'win32';
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    // No stdin: a group in the background may not read from the terminal.
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
    detached: !windows,
  });
  // On Windows there are no groups: the console tells the child itself, and staying alive is all that is left to do.
  const pass = windows ? () => {} : (signal) => child.kill(signal);

  const last = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (last.get(signal) ?? -Infinity) > sameKeyPress) pass(signal);
      last.set(signal, now);
    });
  }
  if (!windows) {
    process.on('SIGWINCH', pass);
    process.on('SIGTSTP', suspend);
  }

  // Ctrl-Z stops the program with us; both go on after `fg`.
  function suspend() {
    child.kill('SIGSTOP');
    process.off('SIGTSTP', suspend);
    process.kill(process.pid, 'SIGTSTP');
    process.on('SIGTSTP', suspend);
    child.kill('SIGCONT');
  }

  child.on('error', (error) => {
    console.error(`${program}: ${error.message}`);
    process.exitCode = 1;
  });
  // A program ended by a signal has no exit code; shells report 128 + its number.
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

if (install() && build()) start(process.argv.slice(2));
else process.exitCode = 1;
