import { cat, no_grad, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { typename } from '../typename.js';

/** All elements in one vector. https://pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html */
export function parameters_to_vector(parameters: Iterable<Tensor>): Tensor {
  return cat([...parameters].map((p) => p.reshape(-1)));
}

/**
 * The inverse of {@link parameters_to_vector}: each parameter becomes a window on its part of the vector's memory.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 * @throws ShapeError, before anything is changed, when the vector has fewer elements than the parameters.
 */
export function vector_to_parameters(vec: Tensor, parameters: Iterable<Tensor>): void {
  if (!(vec instanceof Tensor)) throw new ValueError(`expected torch.Tensor, but got: ${typename(vec)}`);
  const list = [...parameters];
  const wanted = list.reduce((sum, p) => sum + p.numel(), 0);
  if (vec.ndim !== 1 || vec.numel() < wanted) {
    throw new ShapeError(
      `vector_to_parameters(): expected a vector of at least ${wanted} elements, got shape [${vec.shape.join(', ')}]`,
    );
  }
  no_grad(() => {
    let at = 0;
    for (const p of list) {
      p.data = vec.narrow(0, at, p.numel()).view(p.shape).data;
      at += p.numel();
    }
  });
}
