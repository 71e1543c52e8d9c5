/** `torch.float32` and the other dtypes, with PyTorch's short names. https://pytorch.org/docs/stable/tensor_attributes.html */
import { type DType, float32, float64, int32, int64 } from './dtype.js';

export {
  bool,
  can_cast,
  type DType,
  float32,
  float64,
  int32,
  int64,
  promote_types,
  type TypedArray,
  uint8,
} from './dtype.js';

export const float: typeof float32 = float32;
export const double: typeof float64 = float64;
export const long: typeof int64 = int64;
export const int: typeof int32 = int32;

/** The dtype of floating-point tensors unless told otherwise. https://pytorch.org/docs/stable/generated/torch.get_default_dtype.html */
export const get_default_dtype = (): DType => float32;
