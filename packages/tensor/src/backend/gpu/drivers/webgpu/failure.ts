/** An error as it crosses from the thread of the device to the caller's. */
import { DeviceError, OutOfMemoryError } from '../../../../errors.js';

export interface Failure {
  readonly kind: 'device' | 'memory';
  readonly message: string;
}

export const failureOf = (error: unknown): Failure => ({
  kind: error instanceof OutOfMemoryError ? 'memory' : 'device',
  message: error instanceof Error ? error.message : String(error),
});

export const errorOf = ({ kind, message }: Failure): DeviceError =>
  kind === 'memory' ? new OutOfMemoryError(message) : new DeviceError(message);
