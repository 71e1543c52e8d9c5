import * as torch from 'torchlet';

const { nn } = torch;

/** Letters of a text as numbers and back. */
export class Alphabet {
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
}

/** Guesses each letter from those before it, which an LSTM remembers. V letters, H numbers of memory. */
export class CharRNN extends nn.Module {
  embedding: torch.nn.Embedding;
  lstm: torch.nn.LSTM;
  output: torch.nn.Linear;

  constructor(V: number, H: number) {
    super();
    this.embedding = new nn.Embedding(V, 32);
    this.lstm = new nn.LSTM(32, H, { batch_first: true });
    this.output = new nn.Linear(H, V);
  }

  /** @param tokens `[B, T]`; @returns scores for the next letter after each, `[B, T, V]`, and the memory, `[1, B, H]` twice */
  step(tokens: torch.Tensor, memory: Memory | null = null): [scores: torch.Tensor, memory: Memory] {
    const [h, next] = this.lstm(this.embedding(tokens), memory); // [B, T, 32] to [B, T, H]
    return [this.output(h), next];
  }

  override forward(tokens: torch.Tensor): torch.Tensor {
    return this.step(tokens)[0];
  }
}

/** What an LSTM hands on from letter to letter. */
type Memory = [h: torch.Tensor, c: torch.Tensor];

/** Every stretch of T letters, `[B, T]`, and the same one letter further on. */
export function stretches(tokens: torch.Tensor, T: number): [x: torch.Tensor, y: torch.Tensor] {
  const all = tokens.unfold(0, T + 1, 1); // [B, T + 1]
  return [all.narrow(1, 0, T), all.narrow(1, 1, T)];
}

/** @param after is told each step's loss: the mean cross entropy of a letter, log V for a guess at random */
export function train(
  net: CharRNN,
  tokens: torch.Tensor,
  steps: number,
  after: (step: number, loss: number) => void,
): void {
  const [x, y] = stretches(tokens, 32);
  const optimizer = new torch.optim.Adam(net.parameters(), { lr: 0.01 });
  for (let step = 1; step <= steps; step++) {
    optimizer.zero_grad();
    const scores = net(x); // [B, T, V]
    const loss = nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten());
    loss.backward();
    nn.utils.clip_grad_norm_(net.parameters(), 1);
    optimizer.step();
    after(step, loss.item());
  }
}

/** Goes on from the beginning, with the likeliest letter each time. */
export function recite(net: CharRNN, alphabet: Alphabet, beginning: string, length: number): string {
  return torch.no_grad(() => {
    let text = beginning;
    let [scores, memory] = net.step(alphabet.encode(beginning).unsqueeze(0));
    while (text.length < length) {
      text += alphabet.letters[scores.select(1, -1).argmax().item()];
      [scores, memory] = net.step(alphabet.encode(text.slice(-1)).unsqueeze(0), memory);
    }
    return text;
  });
}
