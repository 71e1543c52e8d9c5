/** What the optimizers run on: three surfaces whose way down can be seen, and a small network. */
import * as torch from 'torchlet';

const { nn } = torch;

export type Point = readonly [x: number, y: number];
export type Interval = readonly [from: number, to: number];

/** A function of two numbers. */
export interface Surface {
  readonly title: string;
  /** Elementwise: a grid of points is one call. */
  f(x: torch.Tensor, y: torch.Tensor): torch.Tensor;
  readonly start: Point;
  readonly minimum: Point;
  /** What the picture shows of it. */
  readonly view: { readonly x: Interval; readonly y: Interval };
}

/** One start on a problem: what is optimized, the loss there, and where that is. */
export interface Attempt {
  readonly params: torch.Tensor[];
  loss(): torch.Tensor;
  position(): Point | null;
}

export interface Problem {
  readonly title: string;
  /** The race is over at this loss, */
  readonly tolerance: number;
  /** or after this many steps. */
  readonly steps: number;
  readonly surface: Surface | null;
  /** A start with dense gradients, or with sparse ones; null where there are none. */
  begin(sparse: boolean): Attempt | null;
}

const square = (x: torch.Tensor): torch.Tensor => x.mul(x);

/** (1 − x)² + 100 (y − x²)²: a banana-shaped valley, easy to find and hard to follow. */
const rosenbrock: Surface = {
  title: 'Rosenbrock',
  f: (x, y) => square(x.neg().add(1)).add(square(y.sub(square(x))).mul(100)),
  start: [-1.2, 1],
  minimum: [1, 1],
  view: { x: [-2, 2], y: [-1, 2] },
};

/** Σᵢ (cᵢ − x (1 − yⁱ))²: plains with hardly any slope, and steep walls. */
const beale: Surface = {
  title: 'Beale',
  f: (x, y) => {
    const power = [y, square(y), square(y).mul(y)];
    const terms = [1.5, 2.25, 2.625].map((c, i) => square(x.mul(power[i].sub(1)).add(c)));
    return terms[0].add(terms[1]).add(terms[2]);
  },
  start: [0.75, 1.75],
  minimum: [3, 0.5],
  view: { x: [-1, 4], y: [-2, 2] },
};

/** (u² + 50 v²) / 2 along the diagonals u and v through (1, 0): no coordinate alone knows the way. */
const ravine: Surface = {
  title: 'Ravine',
  f: (x, y) =>
    square(x.add(y).sub(1))
      .mul(0.25)
      .add(square(y.sub(x).add(1)).mul(12.5)),
  start: [-1.2, -0.4],
  minimum: [1, 0],
  view: { x: [-2, 2], y: [-2, 1] },
};

function onSurface(surface: Surface): Problem {
  return {
    title: surface.title,
    tolerance: 1e-4,
    steps: 2000,
    surface,
    begin(sparse) {
      // the point is the one row of a table: a matrix, as Muon wants it, with sparse gradients, as SparseAdam wants them
      const table = nn.Embedding.from_pretrained(torch.tensor([[...surface.start]]), { freeze: false, sparse });
      const row = torch.tensor([0], { dtype: 'int64' });
      const { weight } = table;
      return {
        params: [weight],
        loss() {
          const [x, y] = table(row).unbind(1);
          return surface.f(x, y).sum();
        },
        position: () => (weight.detach().tolist() as [[number, number]])[0],
      };
    },
  };
}

/** A wave, sin 3x on [−1, 1], through 16 hidden units. */
const network: Problem = {
  title: 'MLP',
  tolerance: 1e-3,
  steps: 2000,
  surface: null,
  begin(sparse) {
    if (sparse) return null;
    torch.manual_seed(1);
    const x = torch.linspace(-1, 1, 64).unsqueeze(1); // [64, 1]
    const y = x.mul(3).sin();
    // a column of ones in place of biases, so that all parameters are matrices
    const input = torch.cat([x, torch.ones(64, 1)], 1); // [64, 2]
    const net = new nn.Sequential(
      new nn.Linear(2, 16, { bias: false }),
      new nn.Tanh(),
      new nn.Linear(16, 1, { bias: false }),
    );
    return {
      params: [...net.parameters()],
      loss: () => nn.functional.mse_loss(net(input), y),
      position: () => null,
    };
  },
};

export const PROBLEMS: readonly Problem[] = [onSurface(rosenbrock), onSurface(beale), onSurface(ravine), network];
