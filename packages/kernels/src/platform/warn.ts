/** One line for the person at the terminal. */
export function warn(text: string): void {
  process.emitWarning(text, 'TorchletWarning');
}
