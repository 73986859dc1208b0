//! One vector type for each instruction set, and the choice among them at run time.
//!
//! Kernels are [`Task`]s, generic over [`Simd`]. [`Level::run`] enters them
//! through a function compiled for the instruction set, into which all of
//! `run` is inlined; a closure handed to another thread is not, so work is split
//! among threads first and dispatched within each.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

/// Lanes of f32 and what kernels do with them. A value of the implementing type
/// is proof that the processor has the instructions.
pub(crate) trait Simd: Copy {
    /// f32 values in a vector; divides [`super::map::CHANNEL_MULTIPLE`].
    const LANES: usize;
    /// Rows of the largest tile the matrix product keeps in registers, two vectors wide.
    const TILE_ROWS: usize;
    /// `LANES` values.
    type Vector: Copy;

    fn splat(self, value: f32) -> Self::Vector;
    /// # Safety
    /// `LANES` values must be readable at `from`.
    unsafe fn load(self, from: *const f32) -> Self::Vector;
    /// # Safety
    /// `LANES` values must be writable at `to`.
    unsafe fn store(self, vector: Self::Vector, to: *mut f32);
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a · b + c`, rounded once where the hardware does so.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `value` in the lanes where `a == b`, zero elsewhere.
    fn where_equal(self, a: Self::Vector, b: Self::Vector, value: Self::Vector) -> Self::Vector;
}

/// A piece of work that is compiled once for each instruction set.
pub(crate) trait Task {
    /// What it returns.
    type Output;
    /// Does the work; implementations are `#[inline(always)]`, or the vector
    /// instructions become function calls.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

struct Lanes;

impl Task for Lanes {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        S::LANES
    }
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    // A WebAssembly module that has vectors always takes them: the same kernels for
    // processors without would only be more to download.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Wasm,
}

impl Level {
    /// Every level this processor has, the fastest first.
    pub fn available() -> Vec<Self> {
        kinds().into_iter().map(Self).collect()
    }

    /// The fastest level this processor has.
    pub fn best() -> Self {
        static BEST: std::sync::OnceLock<Level> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| Self::available()[0])
    }

    /// f32 values in one of this level's vectors.
    pub(crate) fn lanes(self) -> usize {
        self.run(Lanes)
    }

    /// Runs a task with this level's instructions.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Kind::Portable => task.run(portable::Portable),
            // SAFETY: a `Level` of this kind exists only where the processor has AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::run(task) },
            // SAFETY: a `Level` of this kind exists only where the processor has AVX-512F.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::run(task) },
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Wasm => task.run(wasm::Wasm),
        }
    }
}

/// Instruction sets, the fastest first.
#[cfg(target_arch = "x86_64")]
fn kinds() -> Vec<Kind> {
    if !std::is_x86_feature_detected!("avx2") || !std::is_x86_feature_detected!("fma") {
        return vec![Kind::Portable];
    }
    let widest = std::is_x86_feature_detected!("avx512f").then_some(Kind::Avx512);
    widest.into_iter().chain([Kind::Avx2, Kind::Portable]).collect()
}

/// The one there is: a module either has simd128 or not.
#[cfg(not(target_arch = "x86_64"))]
fn kinds() -> Vec<Kind> {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return vec![Kind::Wasm];
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    vec![Kind::Portable]
}
