import { DataError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { platform as browser } from '../src/platform/browser.js';
import { platform as node } from '../src/platform/node.js';

describe('the platform in Node', () => {
  it('names a file that it cannot read', () => {
    expect(() => node.readFile('/no/such/file')).toThrow(DataError);
    expect(() => node.readFile('/no/such/file')).toThrow('/no/such/file: cannot be read: ENOENT');
  });

  it('knows files from folders and from nothing', () => {
    expect(node.isFile(import.meta.filename)).toBe(true);
    expect(node.isFile(import.meta.dirname)).toBe(false);
    expect(node.isFile('/no/such/file')).toBe(false);
  });
});

describe('the platform in a browser', () => {
  it('says that there are no files, and what to do instead', () => {
    const message =
      'root/a: cannot be read: there is no file system here; fetch the bytes, parse them with parseIdx and build a TensorDataset';
    expect(browser.join('root', 'a')).toBe('root/a');
    expect(() => browser.isFile('root/a')).toThrow(message);
    expect(() => browser.readFile('root/a')).toThrow(DataError);
    expect(() => browser.readFile('root/a')).toThrow(message);
    expect(() => browser.gunzip(new Uint8Array())).toThrow('gzip: cannot be unpacked here; use DecompressionStream');
  });

  it('lets timers run', async () => {
    let ran = false;
    setTimeout(() => {
      ran = true;
    }, 0);
    await browser.nextTurn();
    expect(ran).toBe(true);
  });
});
