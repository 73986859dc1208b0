//! `fewshot embed`: the features of a folder of pictures as a file.

use std::collections::HashMap;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use fewshot::Model;
use safetensors::tensor::{Dtype, TensorView};

use super::inputs;
use super::pictures::embed_dataset;
use crate::cli::EmbedArgs;
use crate::data::{Dataset, Picture};
use crate::{device, output, weights, write};

/// Runs the command.
///
/// # Errors
/// Where weights or pictures cannot be read, or the file cannot be written.
pub fn run(args: &EmbedArgs) -> Result<()> {
    let pictures = inputs::loose_pictures(&args.images)?;
    let device = device::pick(args.device)?;
    let model = weights::load(&args.weights, &device)?;
    let bytes = embed(&model, &pictures, &device)?;
    write::atomically(&args.out, &bytes)?;
    output::line(format!(
        "{}: {} pictures, {} features each",
        args.out.display(),
        pictures.len(),
        model.config.feature_dim()
    ))
}

/// The bytes of the file: tensor `features` (images, D) f32, and in the metadata
/// `images`, a JSON list of the pictures' names.
fn embed(model: &Model, pictures: &[Picture], device: &Device) -> Result<Vec<u8>> {
    let sources = pictures.iter().map(|picture| picture.source.clone()).collect();
    let features: Tensor = embed_dataset(model, &Dataset::loose(sources), device)?;
    let shape = features.dims().to_vec();
    let values = features.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
    let metadata = HashMap::from([("images".to_owned(), serde_json::to_string(&names)?)]);
    let view = TensorView::new(Dtype::F32, shape, &bytes)?;
    safetensors::serialize([("features", view)], Some(metadata))
        .context("the features do not make a safetensors file")
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;
    use crate::testing;

    #[test]
    fn the_file_holds_a_row_a_picture_and_the_sorted_names() {
        let folder = tempfile::tempdir().unwrap();
        let classes = [("red", [200, 0, 0]), ("blue", [0, 0, 200])];
        testing::pictures(folder.path(), &classes, 3);
        let pictures = inputs::loose_pictures(folder.path()).unwrap();
        let model = Model::from_checkpoint(&testing::checkpoint(16, 3), &Device::Cpu).unwrap();
        let bytes = embed(&model, &pictures, &Device::Cpu).unwrap();

        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let names: Vec<String> =
            serde_json::from_str(&header.metadata().as_ref().unwrap()["images"]).unwrap();
        assert_eq!((names.len(), names[0].as_str()), (6, "blue/00.png"));
        assert!(names.is_sorted());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let features = file.tensor("features").unwrap();
        assert_eq!((features.dtype(), features.shape()), (Dtype::F32, &[6, 8][..]));

        // The last row is the last picture's own feature.
        let last = embed(&model, &pictures[5..], &Device::Cpu).unwrap();
        let last = SafeTensors::deserialize(&last).unwrap();
        let row = |bytes: &[u8]| -> Vec<f32> {
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
        };
        let expected = row(&features.data()[5 * 8 * 4..]);
        for (a, b) in row(last.tensor("features").unwrap().data()).iter().zip(expected) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}
