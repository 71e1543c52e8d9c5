import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as nn from '@torchlet/nn';
import * as optim from '@torchlet/optim';
import { manual_seed, ones, randint, randn, type Tensor } from '@torchlet/tensor';
import { type Event, type Recording, record } from '@torchlet/viz';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, startBrowser } from './browser.js';
import { LeNet } from './networks.js';

const program = findBrowser();

/** A LeNet step, and what the tensors were. */
function lenetStep(): { recording: Recording; grad: number[]; bias: number[] } {
  manual_seed(3);
  const net = new LeNet();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 });
  const [x, y] = [randn(64, 1, 28, 28), randint(0, 10, [64])];
  const recording = record(() => {
    nn.functional.cross_entropy(net(x), y).backward();
    optimizer.step();
  });
  const list = (t: Tensor | null): number[] => [...(t as Tensor).toArray()];
  return { recording, grad: list((net.fc3.bias as Tensor).grad), bias: list(net.fc3.bias) };
}

describe.skipIf(program === null)('the explorer, in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  /** Errors of the page, and what it asked of a network. */
  const problems: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'torchlet-viz-'));

  beforeAll(async () => {
    browser = await startBrowser(program as string);
  }, 60_000);

  afterEach(() => {
    expect(problems.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a recording's page; any error on it, and any request beyond the file, fails the test. */
  async function open(recording: Recording, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const path = join(folder, 'step.html');
    recording.save_html(path);
    const page = await (await browser.newContext({ viewport: { width: 1300, height: 850 }, ...options })).newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) problems.push(`the page asks for ${request.url()}`);
    });
    await page.goto(String(pathToFileURL(path)));
    return page;
  }

  const numbersOf = (page: Page, name: string): Promise<number[]> =>
    page
      .locator(`#details .tensor[data-name="${name}"] td`)
      .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-value'))));

  const expectFloats = (actual: number[], expected: number[]): void =>
    expect(actual.map(Math.fround)).toEqual(expected.map(Math.fround));

  it('steps through a LeNet step to the end and back, marks each node and shows its numbers', async () => {
    const { recording, grad, bias } = lenetStep();
    const [{ events, nodes }] = recording.steps;
    const page = await open(recording);
    const seen = async (event: Event, i: number): Promise<void> => {
      expect(await page.textContent('#position')).toBe(`${i + 1} of ${events.length}`);
      expect(await page.locator('.node.current').getAttribute('id')).toBe(`n${event.node}`);
      expect((await page.textContent('#details .chip'))?.toLowerCase()).toBe(event.phase);
    };
    for (const [i, event] of events.entries()) {
      await seen(event, i);
      const name = nodes[(event.node as number) - 1].name;
      if (event.phase === 'backward' && name === 'fc3.bias') expectFloats(await numbersOf(page, 'g'), grad);
      if (event.phase === 'update' && name === 'fc3.bias') expectFloats(await numbersOf(page, 'after'), bias);
      if (event.phase === 'forward') {
        const formula = nodes[event.node - 1].formula.join('\n');
        expect(await page.textContent('#formula')).toBe(formula);
        expect(await page.textContent('#line')).toContain('.ts:');
      }
      await page.keyboard.press('ArrowRight');
    }
    expect(await page.isDisabled('#next')).toBe(true);
    for (let i = events.length - 1; i >= 0; i--) {
      await seen(events[i], i);
      if (i > 0) await page.click('#back');
    }
    expect(await page.isDisabled('#back')).toBe(true);
  });

  it('goes by keys, phases, the slider and the graph', async () => {
    const { recording } = lenetStep();
    const [{ events, nodes }] = recording.steps;
    const page = await open(recording);
    const at = async (): Promise<number> => Number((await page.textContent('#position'))?.split(' ')[0]) - 1;
    await page.keyboard.press('End');
    expect(await at()).toBe(events.length - 1);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    expect(events[await at()].phase).toBe('backward');
    expect(events[(await at()) - 1].phase).toBe('forward');
    await page.click('[data-phase=update]');
    expect(events[await at()].phase).toBe('update');
    expect(await page.textContent('.trace')).toContain('exp_avg = beta1 · exp_avg + (1 − beta1) · g');
    const conv1 = nodes.find(({ name }) => name === 'ConvolutionBackward0')?.id;
    await page.click(`#n${conv1} text >> nth=0`);
    expect(events[await at()]).toMatchObject({ phase: 'forward', node: conv1 });
    await page.click('#details .from');
    expect(nodes[(events[await at()].node as number) - 1].name).toBe('conv1.weight');
    await page.fill('#slider', '4');
    expect(await at()).toBe(4);
    await page.click('#play');
    await page.waitForFunction(`document.querySelector('#position').textContent.startsWith('7 ')`);
    await page.click('#play');
    expect(await page.textContent('#play')).toBe('Play');
  });

  it('is dark where the reader wants it dark, and fits a phone', async () => {
    const { recording } = lenetStep();
    const page = await open(recording, { colorScheme: 'dark', viewport: { width: 360, height: 740 } });
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await background()).toBe('rgb(18, 22, 28)');
    await page.click('#theme');
    expect(await background()).toBe('rgb(246, 247, 249)');
    const width = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
    expect(width[0]).toBeLessThanOrEqual(width[1]);
    expect(await page.locator('.node.current').isVisible()).toBe(true);
    expect(await page.locator('#details canvas').first().isVisible()).toBe(true);
  });

  it('shows text that looks like markup as text', async () => {
    const x = ones([2], { requires_grad: true });
    const name = '<img src=x onerror=alert(1)> & "x"';
    const page = await open(record(() => x.mul(2).sum().backward(), { params: { [name]: x } }));
    await page.keyboard.press('End');
    expect(await page.textContent('h2')).toBe(name);
    expect(await page.locator('img').count()).toBe(0);
    await page.close();
  });

  it('steps through a graph of 2,000 nodes fluently', async () => {
    const w = ones([2], { requires_grad: true });
    const recording = record(() => {
      let y: Tensor = w;
      for (let i = 0; i < 1000; i++) y = y.mul(w).add(1e-3);
      y.sum().backward();
    });
    const page = await open(recording);
    expect(await page.textContent('#folded')).toContain('2002 nodes are more than 400');
    const ms = await page.evaluate<number>(`(() => {
      const begin = performance.now();
      for (let i = 0; i < 200; i++) {
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
        document.body.getBoundingClientRect(); // lays the page out
      }
      return (performance.now() - begin) / 200;
    })()`);
    expect(await page.textContent('#position')).toMatch(/^201 of /);
    console.log(`2,000 nodes: ${ms.toFixed(1)} ms for a step of the explorer`);
    expect(ms).toBeLessThan(100);
  });
});
