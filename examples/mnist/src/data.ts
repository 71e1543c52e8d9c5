import { DataError, datasets } from 'torchlet';

/** Images to learn from and others to be judged by. */
export interface Data {
  /** What to call them in the output. */
  name: string;
  train: datasets.ImageDataset;
  test: datasets.ImageDataset;
}

const TRAIN_IMAGES = 16_000;
const TEST_IMAGES = 4_000;

/**
 * The MNIST files in a folder, or digits drawn on the spot: always the same ones, none of the test images among the
 * training images.
 * @throws {DataError} for files that are missing, damaged or empty
 */
export function loadData(folder: string | null): Data {
  if (folder === null) {
    const train = new datasets.GeneratedDigits({ size: TRAIN_IMAGES });
    return { name: 'generated digits', train, test: new datasets.GeneratedDigits({ size: TEST_IMAGES, train: false }) };
  }
  const train = new datasets.MNIST(folder);
  const test = new datasets.MNIST(folder, { train: false });
  if (train.length === 0 || test.length === 0) {
    throw new DataError(
      `${folder}: expected images, but there are ${train.length} to train on, ${test.length} to test`,
    );
  }
  return { name: folder, train, test };
}
