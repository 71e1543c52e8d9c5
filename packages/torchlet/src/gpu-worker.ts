/** The script of the gpu device's thread, for bundlers that do not find it by themselves: `gpu.init({ worker })`. */
import '@torchlet/tensor/gpu-worker';
