/** Two ways in which every kernel may be compiled, each a function that sets it up. */
import { limitShapes } from '../src/backend/gpu/drivers/kernel-forms.js';
import * as gpu from '../src/gpu.js';

export const FORMS = {
  'sizes in the text': (): void => set('text'),
  'sizes as arguments': (): void => set('arguments'),
} as const;

function set(choice: 'text' | 'arguments'): void {
  // a device that starts sets the usual limits
  gpu.is_available();
  limitShapes(choice);
}

export const usualForms = (): void => limitShapes('auto');
