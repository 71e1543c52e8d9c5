/** `torch.nn.functional`, by PyTorch's names. https://pytorch.org/docs/stable/nn.functional.html */
export { functionalRelu as relu, relu_, sigmoid, tanh } from './activation.js';
export {
  adaptive_avg_pool1d,
  adaptive_avg_pool2d,
  adaptive_max_pool2d,
  avg_pool1d,
  max_pool1d,
  max_pool1d_with_indices,
} from './adaptive-pool.js';
export { scaled_dot_product_attention } from './attention.js';
export { conv2d } from './conv.js';
export { conv_transpose1d, conv_transpose2d } from './conv-transpose.js';
export { conv1d } from './conv1d.js';
export { cross_entropy } from './cross-entropy.js';
export { dropout } from './dropout.js';
export { embedding } from './embedding.js';
export { alpha_dropout, dropout1d, dropout2d, dropout3d } from './feature-dropout.js';
export { fold, unfold } from './im2col.js';
export { instance_norm } from './instance-norm.js';
export { interpolate } from './interpolate.js';
export { mse_loss } from './loss.js';
export {
  cosine_embedding_loss,
  hinge_embedding_loss,
  margin_ranking_loss,
  multi_margin_loss,
  soft_margin_loss,
  triplet_margin_loss,
} from './margin-loss.js';
export { linear } from './matmul.js';
export { nll_loss } from './nll-loss.js';
export { batch_norm, group_norm, layer_norm } from './normalization.js';
export { pad } from './pad.js';
export {
  celu,
  celu_,
  elu,
  elu_,
  hardsigmoid,
  hardswish,
  hardtanh,
  hardtanh_,
  leaky_relu,
  leaky_relu_,
  relu6,
  selu,
  selu_,
  threshold,
  threshold_,
} from './piecewise-activation.js';
export { one_hot, pixel_shuffle, pixel_unshuffle } from './pixels.js';
export { avg_pool2d, max_pool2d, max_pool2d_with_indices } from './pool.js';
export { binary_cross_entropy, binary_cross_entropy_with_logits, kl_div } from './probability-loss.js';
export { gaussian_nll_loss, huber_loss, l1_loss, poisson_nll_loss, smooth_l1_loss } from './regression-loss.js';
export { rms_norm } from './rms-norm.js';
export { glu, hardshrink, prelu, softmin, softshrink } from './shrinkage.js';
export { cosine_similarity, normalize, pairwise_distance } from './similarity.js';
export { gelu, logsigmoid, mish, silu, softplus, softsign, tanhshrink } from './smooth-activation.js';
export { functionalLogSoftmax as log_softmax, functionalSoftmax as softmax } from './softmax.js';
