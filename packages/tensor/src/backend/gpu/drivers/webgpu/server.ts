/** The device's thread: carries batches out in their order and answers. */
import { type Batch, execute } from './commands.js';
import type { Control } from './control.js';
import { Engine } from './engine.js';
import { failureOf } from './failure.js';
import type { EngineParts } from './start.js';
import type { Channel, Reply } from './transport.js';

export class Server {
  private engine: Engine | null = null;
  private last: Promise<void>;
  /** After the first reply. */
  readonly ready: Promise<void>;

  /** Starts a device; the first reply says what came of it. */
  constructor(
    private readonly channel: Channel,
    private readonly control: Control,
    parts: () => Promise<EngineParts>,
  ) {
    this.ready = this.start(parts);
    this.last = this.ready;
  }

  private async start(parts: () => Promise<EngineParts>): Promise<void> {
    await this.answer(async () => {
      this.engine = await Engine.start(await parts());
      this.reply({ kind: 'started', name: this.engine.name, maxBytes: this.engine.maxBytes });
    });
    if (this.engine === null) this.control.setEnded();
  }

  private reply(reply: Reply): void {
    this.channel.reply(reply);
    this.control.noteReply();
  }

  /** Runs what replies; when that throws, the error is the reply. */
  private async answer(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.reply({ kind: 'failed', failure: failureOf(error) });
    }
  }

  /** `before` is called when the batch's turn comes. */
  take(batch: Batch, before: () => void = () => {}): void {
    this.last = this.last.then(() => {
      before();
      return this.carryOut(batch);
    });
  }

  private async carryOut(batch: Batch): Promise<void> {
    const { engine, control } = this;
    if (engine === null) return;
    const remember = (): void => control.setMemory(engine.memory);
    await execute(
      batch,
      {
        upload: (id, data) => engine.upload(id, data),
        define: (id, form) => engine.define(id, form),
        forget: (id) => engine.forget(id),
        run: (id, outputs, arrays, numbers, out) => engine.run(id, outputs, arrays, numbers, out),
        free: (id) => engine.free(id),
        emptyCache: () => engine.emptyCache(),
        download: (id) =>
          this.answer(() =>
            engine.download(id, (elements) => {
              remember();
              this.reply({ kind: 'elements', elements });
            }),
          ),
        synchronize: () =>
          this.answer(async () => {
            await engine.synchronize();
            remember();
            // the count says it all
            control.noteReply();
          }),
      },
      () => control.closing,
    );
    // a submission costs more than most kernels
    if (!control.closing && !control.hasNext) engine.flush();
    remember();
    control.noteBatch();
    if (control.closing) await this.close();
  }

  /** Ends the device; whoever waits for it hears of that. */
  private async close(): Promise<void> {
    const { engine } = this;
    this.engine = null;
    await engine?.close();
    this.control.setEnded();
    this.channel.end();
  }

  /**
   * After an error that nobody expected: tells it, and ends as soon as nothing is under way. To end before that would take
   * the process along: Dawn does not bear a thread that leaves promises behind.
   */
  fail(error: unknown): void {
    this.control.setClosing();
    this.channel.reply({ kind: 'failed', failure: failureOf(error) });
    this.control.setEnded();
    this.last = this.last.catch(() => undefined).then(() => this.close());
  }
}
