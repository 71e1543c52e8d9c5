/** The way between the caller's thread and the device's; each platform has its own. */
import type { Batch } from './commands.js';
import type { Control } from './control.js';
import type { Failure } from './failure.js';

/** What the device's thread answers to its start and to a download, and to a synchronize that fails. */
export type Reply =
  | { readonly kind: 'started'; readonly name: string; readonly maxBytes: number }
  | { readonly kind: 'elements'; readonly elements: Float32Array }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The caller's end. */
export interface Transport {
  send(batch: Batch): void;
  /** Called before the command of a download: how large its answer will be. */
  expect(bytes: number): void;
  /** The next reply, after the control words have told of it; undefined where there is none. */
  receive(): Reply | undefined;
  /** Ends a thread that does not end by itself. */
  kill(): void;
  /** Why the thread has ended, where that is known. */
  cause(): string | null;
}

/** Where a script lies: a text, or a URL. */
export type ScriptAddress = string | { readonly href: string };

/** A thread that is starting. */
export interface Connection {
  readonly transport: Transport;
  readonly control: Control;
  /** Milliseconds without a sign of life after which it counts as dead, where that is not the usual time. */
  readonly silence?: number;
}

/** The device's end. */
export interface Channel {
  /** A reply whose elements may be taken out of memory that is there only during the call. */
  reply(reply: Reply): void;
  /** Nothing comes any more. */
  end(): void;
}
