//! Features drawn in the plane: PCA and t-SNE.
