import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Screen, showProgress } from '../src/progress.js';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A stream that keeps what is written to it. */
function makeScreen(isTTY: boolean): { screen: Screen; text(): string } {
  let text = '';
  const stream = new PassThrough();
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const terminal = { isTTY, columns: 80, clearLine: () => true, cursorTo: () => true, moveCursor: () => true };
  return { screen: Object.assign(stream, terminal), text: () => text };
}

describe('progress without a terminal', () => {
  it('is a plain line every ten seconds', () => {
    const { screen, text } = makeScreen(false);
    const progress = showProgress('epoch 1/2', 100, screen);
    for (let i = 1; i <= 25; i++) {
      vi.advanceTimersByTime(1000);
      progress.update(i, `loss ${i}`);
    }
    progress.stop();
    expect(text()).toBe('epoch 1/2  10/100  loss 10\nepoch 1/2  20/100  loss 20\n');
  });

  it('says nothing about what is done in no time', () => {
    const { screen, text } = makeScreen(false);
    const progress = showProgress('test', 3, screen);
    for (const i of [1, 2, 3]) progress.update(i, '');
    vi.advanceTimersByTime(60_000);
    progress.update(3, 'the end has a line of its own');
    progress.stop();
    expect(text()).toBe('');
  });

  it('is the same in a terminal that cannot move its cursor', () => {
    vi.stubEnv('TERM', 'dumb');
    const { screen, text } = makeScreen(true);
    const progress = showProgress('epoch 1/2', 100, screen);
    vi.advanceTimersByTime(11_000);
    progress.update(1, 'loss 2');
    progress.stop();
    expect(text()).toBe('epoch 1/2  1/100  loss 2\n');
  });
});

describe('progress in a terminal', () => {
  it('is a bar that moves and goes away', () => {
    const { screen, text } = makeScreen(true);
    const progress = showProgress('epoch 1/2', 100, screen);
    vi.advanceTimersByTime(1000);
    progress.update(50, 'loss 0.5');
    vi.advanceTimersByTime(1000);
    expect(text()).toContain('epoch 1/2 [------------------------] 0/100');
    expect(text()).toContain('epoch 1/2 [============------------] 50/100  loss 0.5');
    progress.stop();
    const shown = text();
    vi.advanceTimersByTime(10_000);
    expect(text()).toBe(shown);
    expect(vi.getTimerCount()).toBe(0);
    // The bar is one line that is drawn over and taken away: no line of it stays.
    expect(shown).not.toContain('\n');
  });
});
