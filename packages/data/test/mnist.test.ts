import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError, type Tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { DataLoader, datasets } from '../src/index.js';
import { idxBytes, imageBytes, inFolder, type MnistFiles, writeMnist } from './helpers.js';

const { MNIST } = datasets;
const unit = (byte: number): number => Math.fround(byte / 255);

describe('datasets.MNIST', () => {
  it.each<[string, MnistFiles, string]>([
    ['plain', {}, ''],
    ['gzipped', { gz: true }, ''],
    ['named with a dot', { separator: '.' }, ''],
    ['named with a dot and gzipped', { separator: '.', gz: true }, ''],
    ['in MNIST/raw', {}, 'MNIST/raw'],
    ['in MNIST/raw and gzipped', { gz: true }, 'MNIST/raw'],
  ])('finds files that are %s', (_, files, folder) => {
    inFolder((root) => {
      mkdirSync(join(root, folder), { recursive: true });
      writeMnist(join(root, folder), files);
      const mnist = new MNIST(root);
      expect(mnist.length).toBe(12);
      const [image, label] = mnist.__getitem__(11);
      expect(image.dtype).toBe('float32');
      expect(image.shape).toEqual([1, 28, 28]);
      expect(image.flatten().tolist()).toEqual(Array.from(imageBytes(12).subarray(11 * 784), unit));
      expect(label).toBe(1);
    });
  });

  it('takes a gzipped file by its contents, whatever its name', () => {
    inFolder((root) => {
      const { images } = writeMnist(root);
      writeFileSync(images, gzipSync(readFileSync(images)));
      expect(new MNIST(root).length).toBe(12);
    });
  });

  it('reads the training or the test files', () => {
    inFolder((root) => {
      writeMnist(root, { count: 3 });
      writeMnist(root, { count: 5, prefix: 't10k', labels: [9, 8, 7, 6, 5] });
      expect(new MNIST(root, { train: true }).length).toBe(3);
      const test = new MNIST(root, { train: false });
      expect(test.train).toBe(false);
      expect(test.root).toBe(root);
      expect(test.targets.tolist()).toEqual([9, 8, 7, 6, 5]);
    });
  });

  it('has the attributes of torchvision', () => {
    inFolder((root) => {
      writeMnist(root, { count: 2 });
      const mnist = new MNIST(root);
      expect(mnist.data.dtype).toBe('uint8');
      expect(mnist.data.shape).toEqual([2, 28, 28]);
      expect(mnist.data.flatten().tolist()).toEqual([...imageBytes(2)]);
      expect(mnist.targets.dtype).toBe('int64');
      expect(mnist.targets.tolist()).toEqual([0, 1]);
      expect(mnist.classes[7]).toBe('7 - seven');
      expect(mnist.class_to_idx['9 - nine']).toBe(9);
      expect(mnist.__len__()).toBe(2);
      expect(mnist.__getitem__(-1)[1]).toBe(1);
    });
  });

  it('gives batches [N, 1, 28, 28] and int64 [N]', () => {
    inFolder((root) => {
      writeMnist(root);
      const mnist = new MNIST(root);
      const batches = [...new DataLoader(mnist, { batch_size: 5 })];
      expect(batches.map(([images]) => images.shape)).toEqual([
        [5, 1, 28, 28],
        [5, 1, 28, 28],
        [2, 1, 28, 28],
      ]);
      const [images, labels] = batches[1];
      expect(images.dtype).toBe('float32');
      expect(labels.dtype).toBe('int64');
      expect(labels.tolist()).toEqual([5, 6, 7, 8, 9]);
      for (let i = 0; i < 5; i++) expect(images.select(0, i).tolist()).toEqual(mnist.__getitem__(5 + i)[0].tolist());
    });
  });

  it('applies transforms to items and so to batches', () => {
    inFolder((root) => {
      writeMnist(root);
      const double = (image: Tensor): Tensor => image.mul(2);
      const mnist = new MNIST(root, { transform: double, target_transform: (label) => `class ${label}` });
      expect(mnist.__getitem__(1)[0].flatten().tolist()).toEqual(
        Array.from(imageBytes(2).subarray(784), (byte) => 2 * unit(byte)),
      );
      const [[images, labels]] = new DataLoader(mnist, { batch_size: 3 });
      expect(images.shape).toEqual([3, 1, 28, 28]);
      expect(images.select(0, 2).tolist()).toEqual(mnist.__getitem__(2)[0].tolist());
      expect(labels).toEqual(['class 0', 'class 1', 'class 2']);
    });
  });

  it('respects a subclass that changes the items', () => {
    inFolder((root) => {
      writeMnist(root);
      class Dark extends MNIST {
        override __getitem__(index: number): [Tensor, number] {
          const [image, label] = super.__getitem__(index);
          return [image.mul(0), label + 100];
        }
      }
      const [[images, labels]] = new DataLoader(new Dark(root), { batch_size: 2 });
      expect(images.sum().item()).toBe(0);
      expect(labels.tolist()).toEqual([100, 101]);
    });
  });

  it('follows changes of data and targets, in place or by assignment', () => {
    inFolder((root) => {
      writeMnist(root);
      const mnist = new MNIST(root);
      mnist.data.select(0, 0).fill_(255);
      mnist.targets.select(0, 0).fill_(7);
      expect(mnist.__getitem__(0)[0].sum().item()).toBe(784);
      expect(mnist.__getitem__(0)[1]).toBe(7);
      mnist.data = mnist.data.narrow(0, 10, 2);
      expect(() => mnist.__getitem__(0)).toThrow('expected a target for each of 2 images, but there are 12');
      mnist.targets = mnist.targets.narrow(0, 10, 2);
      expect(mnist.length).toBe(2);
      const [[images, labels]] = new DataLoader(mnist, { batch_size: 2 });
      expect(images.select(0, 1).flatten().tolist()).toEqual(Array.from(imageBytes(12).subarray(11 * 784), unit));
      expect(labels.tolist()).toEqual([0, 1]);
      expect(() => {
        mnist.data = mnist.targets;
      }).toThrow('data should be uint8 with 3 dimensions, but got int64 of shape [2]');
      expect(() => {
        mnist.targets = mnist.data;
      }).toThrow('targets should be int64 with 1 dimensions, but got uint8 of shape [2, 28, 28]');
    });
  });

  it('says which files are missing and where it looked', () => {
    inFolder((root) => {
      const missing = `Dataset not found: MNIST expected one of train-images-idx3-ubyte, train-images-idx3-ubyte.gz, train-images.idx3-ubyte, train-images.idx3-ubyte.gz in ${root} or ${join(root, 'MNIST', 'raw')}`;
      expect(() => new MNIST(root)).toThrow(DataError);
      expect(() => new MNIST(root)).toThrow(missing);
      expect(() => new MNIST(join(root, 'nowhere'))).toThrow('Dataset not found');
      writeMnist(root);
      expect(() => new MNIST(root, { train: false })).toThrow('expected one of t10k-images-idx3-ubyte');
    });
  });

  it.each<[string, (files: { images: string; labels: string }) => void, string | RegExp]>([
    [
      'truncated images',
      ({ images }) => truncateSync(images, 1000),
      'IMAGES: truncated: its header promises uint8 of shape [12, 28, 28], 9424 bytes in all, but it has 1000',
    ],
    [
      'an empty file',
      ({ labels }) => truncateSync(labels, 0),
      'LABELS: truncated: expected a header of at least 4 bytes, but it has 0',
    ],
    [
      'something else',
      ({ images }) => writeFileSync(images, '<html>'),
      'IMAGES: no IDX file: expected it to start with 00 00, but got 3c 68',
    ],
    [
      'labels for images',
      ({ images }) => writeFileSync(images, idxBytes([12], new Uint8Array(12))),
      'IMAGES: expected images, uint8 of shape [N, 28, 28], but got uint8 of shape [12]',
    ],
    [
      'images of another size',
      ({ images }) => writeFileSync(images, idxBytes([1, 2, 2], [1, 2, 3, 4])),
      'IMAGES: expected images, uint8 of shape [N, 28, 28], but got uint8 of shape [1, 2, 2]',
    ],
    [
      'images for labels',
      ({ labels }) => writeFileSync(labels, idxBytes([1, 1], [1])),
      'LABELS: expected labels, uint8 of shape [N], but got uint8 of shape [1, 1]',
    ],
    [
      'labels of another type',
      ({ labels }) => writeFileSync(labels, Uint8Array.of(0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 0, 0, 5)),
      'LABELS: expected labels, uint8 of shape [N], but got int32 of shape [1]',
    ],
    [
      'too few labels',
      ({ labels }) => writeFileSync(labels, idxBytes([2], [1, 2])),
      'LABELS: expected a label for each of 12 images, but got 2',
    ],
    [
      'an impossible label',
      ({ labels }) => writeFileSync(labels, idxBytes([12], [0, 1, 2, 10, 4, 5, 6, 7, 8, 9, 0, 1])),
      'LABELS: label 3 is 10, expected 0 to 9',
    ],
    [
      'cut off gzip',
      ({ images }) => writeFileSync(images, gzipSync(readFileSync(images)).subarray(0, 60)),
      'IMAGES: damaged gzip data: unexpected end of file',
    ],
    [
      'damaged gzip',
      ({ images }) => writeFileSync(images, damaged(gzipSync(readFileSync(images)))),
      /^IMAGES: damaged gzip data: /,
    ],
  ])('refuses %s', (_, spoil, message) => {
    inFolder((root) => {
      const files = writeMnist(root);
      spoil(files);
      let error: unknown;
      try {
        new MNIST(root);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(DataError);
      const text = String((error as Error).message)
        .replace(files.images, 'IMAGES')
        .replace(files.labels, 'LABELS');
      if (typeof message === 'string') expect(text).toBe(message);
      else expect(text).toMatch(message);
    });
  });

  it('refuses wrong arguments', () => {
    inFolder((root) => {
      writeMnist(root);
      const make = (first: unknown, options?: unknown) => () => Reflect.construct(MNIST, [first, options]);
      expect(make(7)).toThrow(ValueError);
      expect(make(7)).toThrow('MNIST: root should be a path, but got root=7');
      expect(make(root, true)).toThrow('MNIST takes an object of options, but got true');
      expect(make(root, { trian: false })).toThrow(
        "MNIST got an unexpected keyword argument 'trian'; it takes train, transform, target_transform, download",
      );
      expect(make(root, { train: 'no' })).toThrow("MNIST: train should be a boolean value, but got train='no'");
      expect(make(root, { download: true })).toThrow(
        `MNIST: download=true is not supported: put the four files into ${root} yourself`,
      );
      expect(make(root, { transform: 3 })).toThrow('transform should be a function or null, but got transform=3');
      const mnist = new MNIST(root, { download: false });
      expect(() => mnist.__getitem__(12)).toThrow('MNIST index 12 is out of range for a length of 12');
      expect(() => mnist.__getitem__(-13)).toThrow('MNIST index -13 is out of range for a length of 12');
      expect(() => mnist.__getitem__(0.5)).toThrow('MNIST indices must be integers, but got 0.5');
      expect(() => Reflect.set(mnist, 'data', [1])).toThrow('data should be a tensor, but got Array');
    });
  });
});

function damaged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i > 20 && i < 40 ? byte ^ 0x55 : byte));
}
