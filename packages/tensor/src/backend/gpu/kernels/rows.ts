/**
 * Passes over rows as kernels: what a pass finds out about each row is a kernel of one output a row, each matrix that a pass
 * writes is a kernel of one output an element. What earlier passes found is read again, and what follows from it computed
 * again, as far as the result depends on it.
 */
import type { RowsKernel, RowsPass } from '../../rows-kernel.js';
import type { KernelSource } from '../driver.js';
import { loop, unravel, weighted } from './indexing.js';
import { Translator } from './language.js';
import { live, undeclared } from './live.js';
import { Memo } from './memo.js';

export interface RowsShape {
  readonly rows: number;
  readonly columns: number;
  /** Matrices that consist of one row for all. */
  readonly shared: ReadonlySet<string>;
}

export interface PreparedRows {
  readonly kernel: KernelSource;
  /** Names of the matrices and row values that the kernel takes. */
  readonly arrays: readonly string[];
  /** Names of the definition's values that it takes, in front of `scalars`; {@link COUNT} among them. */
  readonly values: readonly string[];
  readonly scalars: readonly number[];
}

/** The definitions' name for the number of columns. */
export const COUNT = 'n';

/** Text that a kernel consists of, and the names whose values it starts from. */
interface Part {
  readonly text: string;
  readonly needed: ReadonlySet<string>;
}

class RowsWriter {
  private readonly translator = new Translator();

  constructor(
    private readonly definition: RowsKernel,
    private readonly shape: RowsShape,
  ) {}

  private get matrices(): readonly string[] {
    return [...this.definition.reads, ...this.definition.writes];
  }

  /** Everything that follows, behind the passes before `end`, about the row's names that are wanted. */
  private afterPasses(end: number, wanted: Iterable<string>): Part {
    const source = this.definition.passes
      .slice(0, end)
      .map(({ after = '' }) => after)
      .join('\n');
    const { statements, needed } = live(this.translator.read(source), wanted);
    const declared = undeclared(statements).map((name) => `let ${name} = 0;`);
    return { text: [...declared, this.translator.list(statements)].join('\n'), needed };
  }

  /** A pass's statements for one element, as far as `wanted` depends on them. */
  private element({ body }: RowsPass, wanted: Iterable<string>): Part {
    const { statements, needed } = live(this.translator.read(body), wanted);
    const declared = undeclared(statements)
      .filter((name) => !needed.has(name))
      .map((name) => `let ${name} = 0;`);
    return { text: [...declared, this.translator.list(statements)].join('\n'), needed };
  }

  private loads(needed: ReadonlySet<string>, row: string, column: string): string {
    const at = (name: string): string =>
      weighted([row, this.shape.shared.has(name) ? 0 : this.shape.columns], [column, 1]);
    return this.matrices
      .filter((name) => needed.has(name))
      .map((name) => `let ${name} = ${name}Array[${at(name)}];`)
      .join('\n');
  }

  /** One of the pass's sums and maxima, for each row. */
  found(index: number, name: string): PreparedRows {
    const pass = this.definition.passes[index];
    const { reduce, of } = (pass.results as NonNullable<RowsPass['results']>)[name];
    const { statements } = live(this.translator.read(`termOf = ${of};`), ['termOf']);
    const wanted = live(statements, ['termOf']).needed;
    const element = this.element(pass, wanted);
    const row = this.afterPasses(index, element.needed);
    const step =
      reduce === 'sum' ? 'acc = acc + termOf;' : 'if (termOf > acc || !(termOf === termOf)) { acc = termOf; }';
    const body = [
      row.text,
      `let acc = ${reduce === 'sum' ? '0' : this.translator.expression('-Infinity')};`,
      loop(
        'j',
        this.shape.columns,
        [
          this.loads(element.needed, 'this.thread.x', 'j'),
          element.text,
          'let termOf = 0.5;',
          this.translator.list(statements),
          step,
        ].join('\n'),
      ),
      'return acc;',
    ];
    return this.prepare(body, row.needed, element.needed, this.shape.rows, 'this.thread.x');
  }

  /** A matrix that the pass writes. */
  written(index: number, name: string): PreparedRows {
    const element = this.element(this.definition.passes[index], [name]);
    const row = this.afterPasses(index, element.needed);
    const body = [
      unravel(['rowIndex', 'columnIndex'], [this.shape.rows, this.shape.columns]),
      row.text,
      this.loads(element.needed, 'rowIndex', 'columnIndex'),
      element.text,
      `return ${name};`,
    ];
    const outputs = this.shape.rows * this.shape.columns;
    return this.prepare(body, row.needed, element.needed, outputs, 'rowIndex');
  }

  /** A row's value behind all passes. */
  value(name: string): PreparedRows {
    const row = this.afterPasses(this.definition.passes.length, [name]);
    return this.prepare([row.text, `return ${name};`], row.needed, new Set(), this.shape.rows, 'this.thread.x');
  }

  private prepare(
    body: readonly string[],
    needed: ReadonlySet<string>,
    elements: ReadonlySet<string>,
    outputs: number,
    row: string,
  ): PreparedRows {
    const found = this.definition.passes.flatMap(({ results = {} }) => Object.keys(results));
    const names = [...this.definition.rowReads, ...found];
    const rowValues = names.filter((name) => needed.has(name));
    const arrays = [...this.matrices.filter((name) => elements.has(name)), ...rowValues];
    const values = [...this.definition.values, COUNT].filter((name) => needed.has(name));
    const loads = rowValues.map((name) => `let ${name} = ${name}Array[${row}];`);
    // the indices come first, then what they read
    const [first, ...rest] = row === 'this.thread.x' ? ['', ...body] : body;
    const kernel = this.translator.complete({
      op: this.definition.name,
      parameters: arrays.map((name) => `${name}Array`),
      scalars: values,
      outputs,
      body: [first, ...loads, ...rest].filter((line) => line !== '').join('\n'),
    });
    return { kernel, arrays, values, scalars: this.translator.scalars };
  }
}

/** What has been written, by the definition. */
const written = new WeakMap<RowsKernel, Memo<PreparedRows>>();

function prepared(
  definition: RowsKernel,
  { rows, columns, shared }: RowsShape,
  what: string,
  write: (writer: RowsWriter) => PreparedRows,
): PreparedRows {
  let memo = written.get(definition);
  if (memo === undefined) written.set(definition, (memo = new Memo<PreparedRows>()));
  return memo.get(`${what} ${rows} ${columns} ${[...shared].join()}`, () =>
    write(new RowsWriter(definition, { rows, columns, shared })),
  );
}

/** The kernel of one of a pass's results, of a matrix that it writes, or of a row's value behind all passes. */
export const foundKernel = (definition: RowsKernel, shape: RowsShape, pass: number, name: string): PreparedRows =>
  prepared(definition, shape, `found ${pass} ${name}`, (writer) => writer.found(pass, name));
export const writtenKernel = (definition: RowsKernel, shape: RowsShape, pass: number, name: string): PreparedRows =>
  prepared(definition, shape, `written ${pass} ${name}`, (writer) => writer.written(pass, name));
export const rowValueKernel = (definition: RowsKernel, shape: RowsShape, name: string): PreparedRows =>
  prepared(definition, shape, `value ${name}`, (writer) => writer.value(name));
