import { ValueError } from '@torchlet/tensor';
import { expect } from 'vitest';

/** A ValueError of exactly that message, or one that the expression finds. */
export function expectError(call: () => unknown, message: string | RegExp): void {
  expect(call).toThrow(ValueError);
  if (typeof message === 'string') expect(call).toThrow(new ValueError(message));
  else expect(call).toThrow(message);
}
