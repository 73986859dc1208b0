//! Pictures to features, and nothing else: what every worker beside the session's own holds.

use candle_core::{Device, Tensor};
use fewshot::{Checkpoint, Embedder, Model, config::ImageConfig, image};

use crate::{
    failure::Failure,
    picture::{Picture, to_rgba},
};

/// What a model needs to encode: the rest of its file is let go.
pub struct Encoder {
    image: ImageConfig,
    embedder: Embedder,
}

impl Encoder {
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Failure> {
        let checkpoint = Checkpoint::from_bytes(bytes).map_err(Failure::BadModel)?;
        let model = Model::from_checkpoint(&checkpoint, &Device::Cpu).map_err(Failure::BadModel)?;
        // The numbers as they were read go while the network takes its own order.
        drop(checkpoint);
        Ok(Self { image: model.config.image.clone(), embedder: model.into_embedder()? })
    }

    pub fn of(model: &Model) -> Result<Self, Failure> {
        Ok(Self { image: model.config.image.clone(), embedder: model.embedder()? })
    }

    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// Side of the crop, in pixels.
    pub fn view_side(&self) -> usize {
        self.image.size
    }

    /// The feature of a picture, D values with the transform applied.
    pub fn encode(&self, picture: &Picture) -> Result<Vec<f32>, Failure> {
        Ok(self.embedder.embed(&self.tensor(picture)?)?.flatten_all()?.to_vec1()?)
    }

    /// What the model sees of a picture, as RGBA, row by row.
    pub fn view(&self, picture: &Picture) -> Result<Vec<u8>, Failure> {
        Ok(to_rgba(&image::prepare(&self.image, &picture.pixels()?)?, self.image.channels))
    }

    /// A picture as the encoder takes it, (1, C, S, S).
    pub fn tensor(&self, picture: &Picture) -> Result<Tensor, Failure> {
        let ImageConfig { channels, size, .. } = self.image;
        let prepared = image::prepare(&self.image, &picture.pixels()?)?;
        let values = image::normalise(&self.image, &prepared)?;
        Ok(Tensor::from_vec(values, (1, channels, size, size), &Device::Cpu)?)
    }

    /// Features of normalised pictures, (B, C, S, S) to (B, D).
    pub fn encode_batch(&self, pixels: Vec<f32>) -> Result<Vec<f32>, Failure> {
        let ImageConfig { channels, size, .. } = self.image;
        let shape = (pixels.len() / (channels * size * size), channels, size, size);
        let images = Tensor::from_vec(pixels, shape, &Device::Cpu)?;
        Ok(self.embedder.embed(&images)?.flatten_all()?.to_vec1()?)
    }
}
