/** How the commands of kernels reach a WebGPU device, which needs no GPU: bind groups, and what is recorded. */
import { describe, expect, it } from 'vitest';
import { kernelLayout, regroup } from '../src/backend/gpu/drivers/webgpu/bind-groups.js';
import { Usage, type WebGpuBuffer, type WebGpuDevice } from '../src/backend/gpu/drivers/webgpu/device-api.js';
import { Recorder } from '../src/backend/gpu/drivers/webgpu/recorder.js';

describe('bind groups', () => {
  const arrays = (inputs: number): string =>
    [
      '@group(0) @binding(0) var<uniform> params : Params;',
      ...Array.from(
        { length: inputs },
        (_, i) => `@group(0) @binding(${i + 1}) var<storage, read> a${i} : array<f32>;`,
      ),
      `@group(0) @binding(${inputs + 1}) var<storage, read_write> result : array<f32>;`,
    ].join('\n');

  it.each([
    [0, ['0 0', '0 1']],
    [1, ['0 0', '1 0', '0 1']],
    [3, ['0 0', '1 0', '2 0', '3 0', '0 1']],
    [5, ['0 0', '1 0', '2 0', '3 0', '3 1', '3 2', '0 1']],
  ])('a shader of %i inputs has each array in its group', (inputs, places) => {
    const found = regroup(arrays(inputs)).matchAll(/@group\((\d+)\) @binding\((\d+)\)/g);
    expect(Array.from(found, ([, group, binding]) => `${group} ${binding}`)).toEqual(places);
  });

  it('a kernel of gpu.js binds numbers, inputs and the output, and nothing else', () => {
    const layout = (...types: string[]) =>
      kernelLayout({ entries: types.map((type, binding) => ({ binding, buffer: { type } })) });
    expect(layout('uniform', 'storage')).toEqual({ inputs: 0 });
    expect(layout('uniform', 'read-only-storage', 'read-only-storage', 'storage')).toEqual({ inputs: 2 });
    expect(() => layout('uniform', 'storage', 'read-only-storage')).toThrow(
      'a kernel binds uniform, storage, read-only-storage',
    );
  });
});

describe('the recorder', () => {
  type Resource = { readonly resource: { readonly buffer: { readonly name: string }; readonly size?: number } };

  /** A device that notes what comes to it, in order. */
  function noting() {
    const notes: string[] = [];
    const note = (text: string) => (): void => void notes.push(text);
    let made = 0;
    const bytes: Uint8Array[] = [];
    const device = {
      limits: { minUniformBufferOffsetAlignment: 256 },
      createBuffer: ({ size }: { size: number }) => ({ size, name: 'numbers' }),
      createBindGroupLayout: ({ entries }: { entries: readonly object[] }) => entries.length,
      createPipelineLayout: (descriptor: unknown) => descriptor,
      createBindGroup: ({ entries }: { entries: readonly Resource[] }) => {
        const names = entries.map(({ resource: { buffer, size } }) => buffer.name + (size ?? ''));
        return `${made++}(${names.join()})`;
      },
      createCommandEncoder: () => ({
        beginComputePass: () => ({
          setPipeline: (name: string) => notes.push(`run ${name}`),
          setBindGroup: (index: number, group: string, offsets: number[] = []) =>
            notes.push([index, group, ...offsets].join(' ')),
          dispatchWorkgroups: () => {},
          end: note('end'),
        }),
        copyBufferToBuffer: note('copy'),
        finish: () => 'commands',
      }),
      queue: {
        writeBuffer: (_buffer: unknown, _offset: number, data: Uint8Array) => {
          if (data instanceof Uint8Array) bytes.push(data.slice());
          notes.push(`write ${data.byteLength}`);
        },
        submit: note('submit'),
        onSubmittedWorkDone: async () => {},
      },
    };
    const recorder = new Recorder(device as unknown as WebGpuDevice);
    const uniform = recorder.createBuffer({ size: 32, usage: Usage.UNIFORM | Usage.COPY_DST });
    const layout = { inputs: 1 };
    /** What gpu.js does to run a kernel with a number on arrays, the last of which is the output. */
    const run = (number: number, ...buffers: WebGpuBuffer[]): void => {
      recorder.queue.writeBuffer(uniform, 0, new Uint32Array([number, 0, 0, 0]).buffer);
      const entries = [uniform, ...buffers].map((each, binding) => ({ binding, resource: { buffer: each } }));
      const group = recorder.createBindGroup({ layout, entries });
      const pass = recorder.createCommandEncoder().beginComputePass();
      pass.setBindGroup(0, group);
      pass.end();
      recorder.queue.submit([]);
    };
    const [a, b, c, d, e] = [...'abcde'].map((name) => ({ size: 4, name })) as unknown as WebGpuBuffer[];
    return { recorder, run, notes, bytes, a, b, c, d, e };
  }

  it('a pipeline has a group for the output and one for each input, the last for all others', () => {
    const { recorder } = noting();
    const layouts = [0, 1, 3, 5].map((inputs) => recorder.createPipelineLayout({ bindGroupLayouts: [{ inputs }] }));
    // layouts by their bindings
    expect(layouts).toEqual([[2], [2, 1], [2, 1, 1, 1], [2, 1, 1, 3]].map((groups) => ({ bindGroupLayouts: groups })));
  });

  it('gathers kernels, each with its own numbers, until it is told to submit', () => {
    const { recorder, run, notes, bytes, a, b, c } = noting();
    run(7, a, b);
    run(8, b, c);
    run(9, b, a);
    run(10, a, b);
    // a group is made once, and told to the pass when it is another than before
    expect(notes).toEqual([
      ...['0 0(numbers256,b) 0', '1 1(a)'],
      ...['0 2(numbers256,c) 256', '1 3(b)'],
      '0 4(numbers256,a) 512',
      ...['0 0(numbers256,b) 768', '1 1(a)'],
    ]);
    recorder.flush();
    recorder.flush();
    expect(notes.slice(7)).toEqual(['end', 'write 1024', 'submit']);
    expect([0, 256, 512, 768].map((at) => bytes[0][at])).toEqual([7, 8, 9, 10]);
    run(11, a, b);
    expect(notes.slice(10)).toEqual(['0 0(numbers256,b) 0', '1 1(a)']);
  });

  it('tells a pass of a pipeline when it is another than before', () => {
    const { recorder, notes } = noting();
    const runs = (...names: string[]): void => {
      const pass = recorder.createCommandEncoder().beginComputePass();
      for (const name of names) pass.setPipeline(name);
    };
    runs('first', 'first', 'second', 'first');
    runs('first');
    expect(notes).toEqual(['run first', 'run second', 'run first']);
    recorder.flush();
    runs('first');
    expect(notes.slice(3)).toEqual(['end', 'submit', 'run first']);
  });

  it('from the third input on, inputs share a group', () => {
    const { run, notes, a, b, c, d, e } = noting();
    run(1, a, a, b, c, d, e);
    run(2, b, a, b, c, e);
    run(3, b, a, b, c, d, e);
    expect(notes).toEqual([
      ...['0 0(numbers256,e) 0', '1 1(a)', '2 1(a)', '3 2(b,c,d)'],
      ...['0 0(numbers256,e) 256', '1 3(b)', '3 4(b,c)'],
      ...['0 0(numbers256,e) 512', '3 2(b,c,d)'],
    ]);
  });

  it('submits before an array is written, a result is waited for, or buffers go', async () => {
    const { recorder, run, notes, a } = noting();
    run(1, a);
    recorder.writeBuffer(a, 0, new Float32Array(3));
    expect(notes).toEqual(['0 0(numbers256,a) 0', 'end', 'write 256', 'submit', 'write 12']);
    run(2, a);
    recorder.copyBufferToBuffer(a, 0, a, 0, 4);
    await recorder.onSubmittedWorkDone();
    expect(notes.slice(5)).toEqual(['0 0(numbers256,a) 0', 'end', 'copy', 'write 256', 'submit']);
    run(3, a);
    recorder.release();
    run(4, a);
    // a group would hold its buffers
    expect(notes.slice(10)).toEqual(['0 0(numbers256,a) 0', 'end', 'write 256', 'submit', '0 1(numbers256,a) 0']);
  });

  it('submits when there is no more room for numbers', () => {
    const { run, notes, a } = noting();
    for (let i = 0; i < 130; i++) run(i, a);
    expect(notes.filter((note) => note === 'submit')).toHaveLength(1);
    expect(notes.at(-1)).toBe('0 0(numbers256,a) 256');
  });
});
