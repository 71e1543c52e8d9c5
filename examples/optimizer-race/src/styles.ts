/** Who is drawn beside whom, and how. */
export interface Style {
  readonly name: string;
  readonly color: string;
  /** Lengths of dashes and gaps, for lines that lie on others. */
  readonly dash?: readonly number[];
}

export interface Family {
  readonly title: string;
  readonly styles: readonly Style[];
}

// Okabe and Ito's colours, which colour-blind readers can tell apart
const [BLACK, BLUE, ORANGE, GREEN, PINK, SKY] = ['#000000', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9'];

/** Relatives share a row of the picture. */
export const FAMILIES: readonly Family[] = [
  {
    title: 'One rate for all',
    styles: [
      { name: 'SGD', color: BLACK },
      { name: 'ASGD', color: SKY, dash: [3, 4] },
      { name: 'SGD, momentum 0.9', color: ORANGE },
      { name: 'Rprop', color: GREEN },
    ],
  },
  {
    title: 'A rate for each parameter',
    styles: [
      { name: 'Adagrad', color: BLACK },
      { name: 'Adadelta', color: BLUE },
      { name: 'RMSprop', color: ORANGE },
      { name: 'Adafactor', color: GREEN },
    ],
  },
  {
    title: 'Adam and its relatives',
    styles: [
      { name: 'Adam', color: BLACK },
      { name: 'SparseAdam', color: SKY, dash: [3, 4] },
      { name: 'AdamW', color: ORANGE },
      { name: 'Adamax', color: GREEN },
      { name: 'NAdam', color: PINK },
      { name: 'RAdam', color: BLUE },
    ],
  },
  {
    title: 'Beyond single parameters',
    styles: [
      { name: 'LBFGS', color: BLUE },
      { name: 'Muon', color: ORANGE },
    ],
  },
];
