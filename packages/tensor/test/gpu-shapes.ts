/** Sizes of kernels as arguments from the first shape on, for tests. */
import { shapeLimits } from '../src/backend/gpu/drivers/kernel-forms.js';

const usual = { ...shapeLimits };

/** Two ways in which kernels are compiled; each is a function that sets it up. */
export const FORMS = {
  'sizes in the text': (): void => void Object.assign(shapeLimits, { ...usual, first: Infinity }),
  'sizes as arguments': (): void => void Object.assign(shapeLimits, { first: 0, uses: Infinity }),
} as const;

export function usualForms(): void {
  Object.assign(shapeLimits, usual);
}
