/** One repetition. */
export type Step = () => void;

/** Work by name; each is set up when its turn comes. */
export type Workloads = Readonly<Record<string, () => Step>>;
