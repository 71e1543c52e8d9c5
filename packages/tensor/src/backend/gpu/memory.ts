/**
 * How much memory gpu tensors take, and how it comes back when nobody can reach them any more. The engine that runs this
 * program does not see the device's memory, and collects by itself only between turns of the event loop.
 */
import { afterCollections, GarbageLimit, openWatch, type Watch, type Witness } from '@torchlet/kernels';

const KIBI = 1 << 10;
const MEBI = 1 << 20;

/** What an array costs beside its elements: devices do not divide their memory finely. */
const OVERHEAD = 256;

let allocated = 0;
let arrays = 0;
let peak = 0;

/** Bytes of all handles that somebody holds. */
export const allocatedBytes = (): number => allocated;
/** The most that there were at the end of an operation, since the start or {@link resetPeak}. */
export const peakBytes = (): number => peak;
export function resetPeak(): void {
  peak = allocated;
}
export function notePeak(): void {
  if (allocated > peak) peak = allocated;
}

/** Counts a new handle, or with negative bytes the end of one. */
export function countArray(bytes: number, count: 1 | -1): void {
  allocated += count * bytes;
  arrays += count;
}

const cost = (): number => allocated + arrays * OVERHEAD;

/** What a box leaves when nobody can reach it: something to let go of. */
export interface Cell extends Witness {
  letGo(): void;
}

let watch: Watch<Cell> | null = null;

/** Looking among what was made lately takes tenths of a millisecond; it leaves what has been seen alive twice. */
const young = new GarbageLimit({
  least: 32 * KIBI,
  most: 64 * MEBI,
  time: 0.15,
  part: 0.35,
  memory: 0.99,
  little: 8 * KIBI,
});
/** Looking everywhere takes milliseconds. */
const all = new GarbageLimit({
  least: 64 * KIBI,
  most: 256 * MEBI,
  time: 0.1,
  part: 0.35,
  memory: 0.9,
  little: 8 * KIBI,
});

/** A full collection makes V8 take all that is alive for old: in the middle of a step that is what is about to die. */
const BAD_MOMENT = 1.1;

function collect(effort: 'known' | 'young' | 'all'): void {
  for (const cell of watch?.takeDead(effort) ?? []) cell.letGo();
}

function openedWatch(): Watch<Cell> {
  if (watch === null) {
    watch = openWatch();
    afterCollections(() => collect('known'));
  }
  return watch;
}

/** From here on `cell` is let go when nobody can reach `box`. Looks for others of which that is true, if it is time. */
export function watchBox(box: object, cell: Cell): void {
  const opened = openedWatch();
  notePeak();
  if (young.isDue(cost())) {
    young.look(() => collect('young'), cost);
    if (all.isDue(cost() / BAD_MOMENT)) collectAll();
  }
  opened.add(box, cell);
}

/** The owner of the box lets go by himself. */
export function forgetBox(cell: Cell): void {
  watch?.delete(cell);
}

/** To be called when much has become unreachable that was made lately. */
export function collectEarly(): void {
  if (young.lookEarly(() => collect('young'), cost)) all.lookEarly(() => collect('all'), cost);
}

/** Frees all that nobody can reach. */
export function collectAll(): void {
  all.look(() => collect('all'), cost);
}
