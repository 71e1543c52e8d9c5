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

  /** Starts a device; the first reply says what came of it. */
  constructor(
    private readonly channel: Channel,
    private readonly control: Control,
    parts: () => Promise<EngineParts>,
  ) {
    this.last = this.start(parts);
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

  take(batch: Batch): void {
    this.last = this.last.then(() => this.carryOut(batch));
  }

  private async carryOut(batch: Batch): Promise<void> {
    const { engine, control } = this;
    if (engine === null) return;
    const remember = (): void => control.setMemory(engine.memory);
    await execute(
      batch,
      {
        upload: (id, data) => engine.upload(id, data),
        define: (id, source) => engine.define(id, source),
        forget: (id) => engine.forget(id),
        run: (id, arrays, scalars, out) => engine.run(id, arrays, scalars, out),
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
            this.reply({ kind: 'done' });
          }),
      },
      () => control.closing,
    );
    remember();
    control.noteBatch();
    if (!control.closing) return;
    this.engine = null;
    await engine.close();
    control.setEnded();
  }
}
