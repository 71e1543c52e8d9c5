import { type Tensor, tensor } from '@torchlet/tensor';
import { assertType, describe, expectTypeOf, it } from 'vitest';
import { type Collated, DataLoader, Dataset, datasets, random_split, Subset, TensorDataset } from '../src/index.js';

class Words extends Dataset<{ word: string; score: number; seen: boolean }> {
  __getitem__(index: number): { word: string; score: number; seen: boolean } {
    return { word: 'x', score: index, seen: true };
  }
}

describe('Collated', () => {
  it('follows the item', () => {
    expectTypeOf<Collated<number>>().toEqualTypeOf<Tensor>();
    expectTypeOf<Collated<Float32Array>>().toEqualTypeOf<Tensor>();
    expectTypeOf<Collated<string>>().toEqualTypeOf<string[]>();
    expectTypeOf<Collated<[Tensor, number]>>().toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf<Collated<[Tensor, { a: string; b: bigint }]>>().toEqualTypeOf<[Tensor, { a: string[]; b: Tensor }]>();
    expectTypeOf<Collated<Tensor[]>>().toEqualTypeOf<Tensor[]>();
  });
});

describe('a loop over a DataLoader', () => {
  it('has the type of a batch', () => {
    for (const [images, labels] of new DataLoader(new datasets.MNIST('.'), { batch_size: 64 })) {
      expectTypeOf(images).toEqualTypeOf<Tensor>();
      expectTypeOf(labels).toEqualTypeOf<Tensor>();
    }
    for (const batch of new DataLoader(new Words())) {
      expectTypeOf(batch).toEqualTypeOf<{ word: string[]; score: Tensor; seen: Tensor }>();
    }
    for (const batch of new DataLoader(new TensorDataset(tensor(1), tensor(2)))) {
      expectTypeOf(batch).toEqualTypeOf<[Tensor, Tensor]>();
    }
    for (const batch of new DataLoader([1, 2, 3])) expectTypeOf(batch).toEqualTypeOf<Tensor>();
    for (const batch of new DataLoader([1, 2], { collate_fn: (items) => items.map(String) })) {
      expectTypeOf(batch).toEqualTypeOf<string[]>();
    }
  });

  it('follows transforms, subsets and splits', () => {
    const named = new datasets.GeneratedDigits({ transform: () => 'image', target_transform: (label) => label > 4 });
    expectTypeOf(named.__getitem__(0)).toEqualTypeOf<[string, boolean]>();
    const [part] = random_split(new Subset(named, [1, 2]), [1, 1]);
    for (const batch of new DataLoader(part)) expectTypeOf(batch).toEqualTypeOf<[string[], Tensor]>();
    const plain = new datasets.GeneratedDigits({ train: false });
    expectTypeOf(plain.__getitem__(0)).toEqualTypeOf<[Tensor, number]>();
  });

  it('refuses wrong options', () => {
    // @ts-expect-error the name is batch_size
    assertType(new DataLoader([1], { batchSize: 2 }));
    // @ts-expect-error a batch size is a number
    assertType(new DataLoader([1], { batch_size: '2' }));
    // @ts-expect-error items are numbers
    assertType(new DataLoader([1], { collate_fn: (items: string[]) => items }));
  });
});
