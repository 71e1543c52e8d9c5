/** `torch.linalg`. https://pytorch.org/docs/stable/linalg.html */
export { vector_norm } from './norm.js';
