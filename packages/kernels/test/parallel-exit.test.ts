/** A process with worker threads ends as one without: when its own work ends, with its own exit code. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';

// a process takes seconds to start where others have the processors
vi.setConfig({ testTimeout: 120_000 });

const index = new URL('../src/index.ts', import.meta.url).href;
const fromHere = (name: string): string => pathToFileURL(createRequire(import.meta.url).resolve(name)).href;

/** A loop over 2^20 elements, shared until another thread has taken part in it. */
const work = `
  const { allocateArray32, setNumThreads, threadLimits, vectorLoop } = await import(${JSON.stringify(index)});
  
  const { wasmKernels } = await import(${JSON.stringify(new URL('../src/wasm/instance.ts', import.meta.url).href)});
  threadLimits.startAfter = 0;
  setNumThreads(3);
  const n = 1 << 20;
  const x = allocateArray32(Float32Array, n, true);
  const loop = vectorLoop({ arrays: [{ name: 'x', read: true, write: true }], scalars: [], constants: {}, body: 'x = x + 1;' });
  const others = () => wasmKernels().pool.blocksRun.slice(1).filter((blocks) => blocks > 0).length;
  const end = Date.now() + 20000;
  let rounds = 0;
  do { loop(n, [x], [0], []); rounds++; } while (others() < 2 && Date.now() < end);
  const result = [others(), x.every((value) => value === rounds)].join();
`;

const flags = ['--conditions=@torchlet/source', '--import', fromHere('tsx'), '--input-type=module'];

function run(script: string): { status: number | null; stdout: string; stderr: string; milliseconds: number } {
  const begin = performance.now();
  const env = { ...process.env, NODE_OPTIONS: '', TORCHLET_WASM: '', TORCHLET_THREADS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--eval', script], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  return { status, stdout: stdout.trim(), stderr, milliseconds: performance.now() - begin };
}

describe('a process whose threads have worked', () => {
  it('ends by itself', () => {
    const { status, stdout, stderr } = run(`${work} console.log(result);`);
    expect(stderr).toBe('');
    expect([status, stdout]).toEqual([0, '2,true']);
  });

  it('ends with its own code', () => {
    expect(run(`${work} console.log(result); process.exitCode = 7;`)).toMatchObject({ status: 7, stdout: '2,true' });
  });

  it('ends in the middle of its work', () => {
    expect(run(`${work} console.log(result); process.exit(3);`)).toMatchObject({ status: 3, stdout: '2,true' });
    const later = `setTimeout(() => process.exit(4), 20); for (;;) { loop(n, [x], [0], []); await new Promise(setImmediate); }`;
    expect(run(`${work} console.log(result); ${later}`)).toMatchObject({ status: 4, stdout: '2,true' });
  });

  it('ends with what it threw', () => {
    const { status, stdout, stderr } = run(`${work} console.log(result); throw new Error('of its own');`);
    expect([status, stdout]).toEqual([1, '2,true']);
    expect(stderr).toContain('Error: of its own');
  });

  it('ends while its threads are starting', () => {
    const start = work.replace('while (others() < 2 && Date.now() < end)', 'while (false)');
    expect(run(`${start} console.log(rounds);`)).toMatchObject({ status: 0, stdout: '1' });
    expect(run(`${start} process.exit(5);`)).toMatchObject({ status: 5 });
  });
});

describe("a worker of the user's", () => {
  it('has threads of its own, and ends with them', () => {
    // --import does not reach into a worker
    const inside = `(async () => {
      (await import(${JSON.stringify(fromHere('tsx/esm/api'))})).register();
      ${work}
      require('node:worker_threads').parentPort.postMessage(result);
    })()`;
    const script = `
      import { Worker } from 'node:worker_threads';
      const inside = ${JSON.stringify(inside)};
      const worker = new Worker(inside, { eval: true, execArgv: ['--conditions=@torchlet/source'] });
      worker.on('message', (result) => console.log(result));
      worker.on('exit', (code) => console.log('ended with', code));
    `;
    const { status, stdout, stderr } = run(script);
    expect(stderr).toBe('');
    expect([status, stdout]).toEqual([0, '2,true\nended with 0']);
  });
});
