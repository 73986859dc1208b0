//! 4 lanes of WebAssembly's fixed-width SIMD, which every current browser has.

use core::arch::wasm32::{
    f32x4_add, f32x4_eq, f32x4_mul, f32x4_pmax, f32x4_pmin, f32x4_splat, f32x4_sub, v128, v128_and,
    v128_load, v128_store,
};

use super::Simd;

/// Needs no proof: the module as a whole is compiled with simd128.
#[derive(Clone, Copy)]
pub(super) struct Wasm;

impl Simd for Wasm {
    const LANES: usize = 4;
    const TILE_ROWS: usize = 4;
    type Vector = v128;

    #[inline(always)]
    fn splat(self, value: f32) -> v128 {
        f32x4_splat(value)
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> v128 {
        // SAFETY: the caller promises 4 readable values; WebAssembly needs no alignment.
        unsafe { v128_load(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(self, vector: v128, to: *mut f32) {
        // SAFETY: the caller promises 4 writable values; WebAssembly needs no alignment.
        unsafe { v128_store(to.cast(), vector) }
    }

    #[inline(always)]
    fn add(self, a: v128, b: v128) -> v128 {
        f32x4_add(a, b)
    }

    #[inline(always)]
    fn sub(self, a: v128, b: v128) -> v128 {
        f32x4_sub(a, b)
    }

    #[inline(always)]
    fn mul(self, a: v128, b: v128) -> v128 {
        f32x4_mul(a, b)
    }

    #[inline(always)]
    fn max(self, a: v128, b: v128) -> v128 {
        f32x4_pmax(a, b)
    }

    #[inline(always)]
    fn min(self, a: v128, b: v128) -> v128 {
        f32x4_pmin(a, b)
    }

    /// In one instruction where the module is compiled with relaxed SIMD, which not
    /// every browser has; the processor then decides whether it rounds once or twice.
    #[inline(always)]
    fn mul_add(self, a: v128, b: v128, c: v128) -> v128 {
        #[cfg(target_feature = "relaxed-simd")]
        return core::arch::wasm32::f32x4_relaxed_madd(a, b, c);
        #[cfg(not(target_feature = "relaxed-simd"))]
        f32x4_add(f32x4_mul(a, b), c)
    }

    #[inline(always)]
    fn where_equal(self, a: v128, b: v128, value: v128) -> v128 {
        v128_and(f32x4_eq(a, b), value)
    }
}
