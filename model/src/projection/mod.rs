//! Features drawn in the plane: PCA, at once, and t-SNE, step by step.
//!
//! Both are deterministic and single-threaded, and t-SNE can be stepped and
//! started from an earlier picture, so that a page draws it while it settles and
//! does not jump when a point is added. The crates for t-SNE seed themselves
//! from the operating system or run to the end in threads, hence our own; for
//! the few hundred points of an episode the exact O(n²) form is fast enough.

mod affinity;
mod pca;
mod resume;
mod tsne;

pub use pca::pca_2d;
pub use tsne::{Tsne, tsne_2d};
