/** `torch.utils.checkpoint`. https://pytorch.org/docs/stable/checkpoint.html */
export { CheckpointError, type CheckpointOptions, checkpoint, checkpoint_sequential } from '@torchlet/tensor/internal';
