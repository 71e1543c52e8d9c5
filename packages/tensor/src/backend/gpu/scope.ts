/** Temporaries of an operation: handles that it made and put into no storage are freed when it ends. */
import { notePeak } from './memory.js';

interface Freeable {
  freeUnlessHeld(): void;
}

let made: Freeable[] | null = null;

/** Called for every new handle. */
export function noteMade(handle: Freeable): void {
  made?.push(handle);
}

/** Runs an operation, whether it throws or not, and frees what nobody holds of the handles that it made. */
export function inScope<R>(run: () => R): R {
  if (made !== null) return run();
  const list: Freeable[] = [];
  made = list;
  try {
    return run();
  } finally {
    made = null;
    for (const handle of list) handle.freeUnlessHeld();
    notePeak();
  }
}
