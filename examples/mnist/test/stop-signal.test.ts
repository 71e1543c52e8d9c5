import { afterEach, describe, expect, it, vi } from 'vitest';
import { exitCodeOf, type Signal, StopSignal } from '../src/stop-signal.js';

afterEach(() => vi.restoreAllMocks());

/** What a StopSignal listens to, without the signals of this process. */
function listen(): { stop: StopSignal; listeners: Map<string | symbol, (signal: Signal) => void> } {
  const listeners = new Map<string | symbol, (signal: Signal) => void>();
  vi.spyOn(process, 'on').mockImplementation((name, listener) => {
    listeners.set(name, listener);
    return process;
  });
  const stop = new StopSignal();
  vi.mocked(process.on).mockRestore();
  return { stop, listeners };
}

describe('StopSignal', () => {
  it('gives the exit codes that shells report', () => {
    expect([exitCodeOf('SIGINT'), exitCodeOf('SIGTERM'), exitCodeOf('SIGHUP')]).toEqual([130, 143, 129]);
  });

  it('notes the first signal and exits at the second', () => {
    const { stop, listeners } = listen();
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    expect([...listeners.keys()].sort()).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
    expect(stop.received).toBeNull();
    listeners.get('SIGTERM')?.('SIGTERM');
    expect(stop.received).toBe('SIGTERM');
    expect(exit).not.toHaveBeenCalled();
    listeners.get('SIGINT')?.('SIGINT');
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
    stop[Symbol.dispose]();
  });

  it('takes an output that nobody reads for the end of the terminal, once', () => {
    const { stop } = listen();
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    process.stdout.emit('error', new Error('EPIPE'));
    process.stdout.emit('error', new Error('EPIPE'));
    expect(stop.received).toBe('SIGHUP');
    expect(exit).not.toHaveBeenCalled();
    stop[Symbol.dispose]();
  });

  it('listens to nothing any more in the end', () => {
    const count = (): number[] => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
    const before = count();
    const stop = new StopSignal();
    expect(count()).toEqual(before.map((n) => n + 1));
    stop[Symbol.dispose]();
    expect(count()).toEqual(before);
  });
});
