/** What the package needs from the machine it runs on. */
export interface Platform {
  /** Whether there is a regular file (or a link to one) at `path`. */
  isFile(path: string): boolean;
  /** The path of `name` inside `folder`. */
  join(folder: string, ...names: string[]): string;
  /** The bytes of a file. @throws {DataError} naming the file when it cannot be read */
  readFile(path: string): Uint8Array;
  /** Unpacks gzip. Throws the unpacker's own error for damaged or cut off input. */
  gunzip(bytes: Uint8Array): Uint8Array;
  /** Resolves at the next turn of the event loop, after pending signals, timers and messages had their chance. */
  nextTurn(): Promise<void>;
}
