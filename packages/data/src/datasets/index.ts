export { GeneratedDigits, type GeneratedDigitsOptions } from './generated-digits.js';
export { ImageDataset, type ImageTransforms } from './image-dataset.js';
export { MNIST, type MNISTOptions } from './mnist.js';
