import { ValueError } from '@torchlet/tensor';

/** @throws ValueError always */
export function readAsset(name: string): string {
  throw new ValueError(`${name}: there is no file system here; pages are written in Node`);
}
