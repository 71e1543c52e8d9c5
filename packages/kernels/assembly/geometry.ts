/** What a convolution is, in memory as 32-bit integers (their order is `writeGeometry`'s in src/conv/work.ts). */
// @ts-ignore: decorator
@unmanaged
export class Geometry {
  planes: i32; // channels of all groups: the distance between images
  channels: i32; // of this group
  height: i32;
  width: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  outHeight: i32;
  outWidth: i32;
}
