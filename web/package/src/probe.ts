/**
 * The least module with a relaxed SIMD instruction, `f32x4.relaxed_madd`: where it is valid, the
 * learner's module with such instructions runs. The service worker is given it by the build.
 */
export const RELAXED_SIMD: readonly number[] = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 253, 133, 2, 11,
];
