/** The one gpu device of the process: its driver, started on first use. */
import { ADVICE, GPU_MODES, onExit, prepare, requireGpuJs, startWorker } from '#gpu-js';
import { DeviceError } from '../../errors.js';
import { askForMode, blockingRequested, type GpuMode, requestedMode, requestedSizes } from './config.js';
import type { Driver } from './driver.js';
import { type GpuJs, openGpuJs, reason } from './drivers/gpu-js.js';
import { limitShapes } from './drivers/kernel-forms.js';
import { LocalDriver } from './drivers/local.js';
import type { ScriptAddress } from './drivers/webgpu/transport.js';
import { WorkerDriver } from './drivers/webgpu/worker-driver.js';

let driver: Driver | null = null;
/** Why there is no device, under what was asked for: looking for one takes its time. */
let refusal: { readonly requested: GpuMode | null; readonly error: DeviceError } | null = null;

/**
 * The device, started on first use; the environment counts at that moment. A device that has stopped is replaced.
 * @throws DeviceError when `TORCHLET_GPU` says `off` or names no mode, or there is no device.
 */
export function gpuDriver(): Driver {
  if (driver === null) {
    driver = start(null);
    // a process that ends while the device is busy would be aborted
    onExit(() => driver?.close());
  } else if (driver.ended !== null) driver = start(driver.ended);
  return driver;
}

/**
 * Starts the device, doing first what can only be done asynchronously. `worker` is the script of the device's thread, where
 * it does not lie beside this package's own.
 * @throws DeviceError as {@link gpuDriver}, and when the device already runs in another mode.
 */
export async function startDevice(mode: string | undefined, worker: ScriptAddress | undefined): Promise<void> {
  if (driver !== null && driver.ended === null) {
    if (mode === undefined || mode === driver.mode) return;
    throw new DeviceError(`the gpu device already runs in ${driver.mode} mode, it cannot change to ${mode}`);
  }
  askForMode(mode);
  refusal = null;
  await prepare(requestedMode(), worker);
  gpuDriver();
}

/** The device if it has been started. */
export const startedDriver = (): Driver | null => driver;

function start(before: DeviceError | null): Driver {
  const requested = requestedMode();
  limitShapes(requestedSizes());
  if (requested === 'off') throw new DeviceError('the gpu device is not available: TORCHLET_GPU=off switches it off');
  if (refusal !== null && refusal.requested === requested) {
    throw new DeviceError(refusal.error.message, { cause: refusal.error });
  }
  try {
    return requested === null ? startBest(before) : startMode(requested, before);
  } catch (error) {
    if (error instanceof DeviceError) refusal = { requested, error };
    throw error;
  }
}

function startMode(mode: GpuMode, before: DeviceError | null): Driver {
  try {
    return open(mode, before);
  } catch (cause) {
    const asked = `the gpu device is not available: ${mode} was asked for, but ${reason(cause)}`;
    const install = ADVICE[mode];
    throw new DeviceError(install === undefined ? asked : `${asked}. ${install}`, { cause });
  }
}

/** Never one of gpu.js's emulations. */
function startBest(before: DeviceError | null): Driver {
  const found: string[] = [];
  for (const mode of GPU_MODES) {
    try {
      return open(mode, before);
    } catch (error) {
      found.push(`${mode}: ${reason(error)}`);
    }
  }
  const advice = [...GPU_MODES, 'emulation'].flatMap((mode) => ADVICE[mode] ?? []);
  throw new DeviceError(['the gpu device is not available.', `Looked for ${found.join('; ')}.`, ...advice].join(' '));
}

function open(mode: GpuMode, before: DeviceError | null): Driver {
  if (mode !== 'webgpu') return new LocalDriver(openLocal(mode), mode);
  const { transport, control, silence } = startWorker(before?.message ?? null);
  return new WorkerDriver(transport, control, { blocking: blockingRequested(), silence });
}

function openLocal(mode: GpuMode): GpuJs {
  try {
    return openGpuJs(mode, requireGpuJs);
  } catch (cause) {
    if (mode !== 'headlessgl') throw cause;
    // all that gpu.js says is that the mode is not supported
    throw new DeviceError('the npm package gl is not installed, or finds no display', { cause });
  }
}
