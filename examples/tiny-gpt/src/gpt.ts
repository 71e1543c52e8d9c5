import * as torch from 'torchlet';

const { nn } = torch;
const F = nn.functional;

/** Letters as numbers and back. */
export class Tokenizer {
  readonly letters: string[];

  constructor(text: string) {
    this.letters = [...new Set(text)].sort();
  }

  encode(text: string): torch.Tensor {
    return torch.tensor(
      [...text].map((letter) => this.letters.indexOf(letter)),
      { dtype: 'int64' },
    );
  }

  decode(tokens: readonly number[]): string {
    return tokens.map((token) => this.letters[token]).join('');
  }
}

/** Sizes of the network, under the letters of the shape comments. */
export interface Config {
  /** Letters that there are. */
  V: number;
  /** Letters that are seen at once. */
  T: number;
  /** Channels, divided among the heads. */
  C: number;
  heads: number;
  layers: number;
}

/** Each letter looks back at itself and those before it. */
class CausalSelfAttention extends nn.Module {
  qkv: torch.nn.Linear;
  proj: torch.nn.Linear;

  constructor(private readonly config: Config) {
    super();
    this.qkv = new nn.Linear(config.C, 3 * config.C);
    this.proj = new nn.Linear(config.C, config.C);
  }

  override forward(x: torch.Tensor): torch.Tensor {
    const { C, heads } = this.config;
    const [B, T] = x.shape;
    const [q, k, v] = this.qkv(x) // [B, T, 3 C]
      .split(C, 2)
      .map((part) => part.view(B, T, heads, C / heads).transpose(1, 2)); // [B, heads, T, C / heads]
    const y = F.scaled_dot_product_attention(q, k, v, { is_causal: true }); // [B, heads, T, C / heads]
    return this.proj(y.transpose(1, 2).reshape(B, T, C));
  }
}

/** Attention, then two layers for each letter alone; each adds to what comes in. */
class Block extends nn.Module {
  ln1: torch.nn.LayerNorm;
  attention: CausalSelfAttention;
  ln2: torch.nn.LayerNorm;
  mlp: torch.nn.Sequential;

  constructor(config: Config) {
    super();
    const { C } = config;
    this.ln1 = new nn.LayerNorm(C);
    this.attention = new CausalSelfAttention(config);
    this.ln2 = new nn.LayerNorm(C);
    this.mlp = new nn.Sequential(new nn.Linear(C, 4 * C), new nn.GELU(), new nn.Linear(4 * C, C));
  }

  override forward(x: torch.Tensor): torch.Tensor {
    x = x.add(this.attention(this.ln1(x))); // [B, T, C]
    return x.add(this.mlp(this.ln2(x)));
  }
}

/** A transformer that guesses the next letter (Radford et al. 2019, "Language models are unsupervised multitask learners"). */
export class GPT extends nn.Module {
  letters: torch.nn.Embedding;
  positions: torch.nn.Embedding;
  blocks: torch.nn.Sequential;
  norm: torch.nn.LayerNorm;
  head: torch.nn.Linear;

  constructor(readonly config: Config) {
    super();
    const { V, T, C, layers } = config;
    this.letters = new nn.Embedding(V, C);
    this.positions = new nn.Embedding(T, C);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block(config)));
    this.norm = new nn.LayerNorm(C);
    this.head = new nn.Linear(C, V);
  }

  /** @param tokens `[B, T]`; @returns scores for the letter after each, `[B, T, V]` */
  override forward(tokens: torch.Tensor): torch.Tensor {
    const positions = torch.arange(tokens.size(1)); // [T]
    const x = this.letters(tokens).add(this.positions(positions)); // [B, T, C]
    return this.head(this.norm(this.blocks(x)));
  }
}

/** Some stretches of the text, `[B, T]`, and the same one letter further on. */
function randomBatch(data: torch.Tensor, B: number, T: number): [x: torch.Tensor, y: torch.Tensor] {
  const starts = torch.randint(data.size(0) - T, [B]).tolist() as number[];
  const cut = (shift: number): torch.Tensor => torch.stack(starts.map((start) => data.narrow(0, start + shift, T)));
  return [cut(0), cut(1)];
}

const BATCH = 8;

/** @param after is told each step's loss: the cross entropy of a letter, log V for a guess at random */
export function train(net: GPT, data: torch.Tensor, steps: number, after: (step: number, loss: number) => void): void {
  const optimizer = new torch.optim.Adam(net.parameters(), { lr: 3e-3 });
  for (let step = 1; step <= steps; step++) {
    const [x, y] = randomBatch(data, BATCH, net.config.T);
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x).flatten(0, 1), y.flatten()); // [B T, V], [B T]
    loss.backward();
    nn.utils.clip_grad_norm_(net.parameters(), 1);
    optimizer.step();
    after(step, loss.item());
  }
}

/** Goes on from the beginning, each letter drawn with the probability that the network gives it. */
export function sample(net: GPT, tokenizer: Tokenizer, beginning: string, length: number): string {
  const tokens = tokenizer.encode(beginning).tolist() as number[];
  torch.no_grad(() => {
    while (tokens.length < length) {
      const seen = torch.tensor(tokens.slice(-net.config.T), { dtype: 'int64' }).unsqueeze(0); // [1, T]
      const scores = net(seen).select(1, -1); // [1, V], after the last letter
      tokens.push(torch.multinomial(F.softmax(scores, 1), 1).item());
    }
  });
  return tokenizer.decode(tokens);
}
