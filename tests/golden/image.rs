//! Golden pixels: preprocessing against Pillow, byte for byte.
//!
//! The pictures are drawn by a formula, here and in `make_image.py`; the page's
//! tests draw them again and check the same file, so that native and browser are
//! held to one standard.

use anyhow::{Context, Result};
use fewshot::config::ImageConfig;
use fewshot::image::{PixelFormat, Pixels, prepare};
use fewshot_tests::pattern::draw;
use safetensors::SafeTensors;
use serde::Deserialize;

const GOLDEN: &[u8] = include_bytes!("image.safetensors");

#[derive(Deserialize)]
struct Case {
    width: usize,
    height: usize,
    format: String,
    channels: usize,
    resize: usize,
    size: usize,
    invert: bool,
}

#[test]
fn preprocessing_equals_pillow() -> Result<()> {
    let golden = SafeTensors::deserialize(GOLDEN)?;
    let (_, header) = SafeTensors::read_metadata(GOLDEN)?;
    let cases = header.metadata().as_ref().context("no metadata")?;
    assert_eq!(cases.len(), 7);
    for (name, case) in cases {
        let case: Case = serde_json::from_str(case)?;
        let format = match case.format.as_str() {
            "l8" => PixelFormat::L8,
            "rgb8" => PixelFormat::Rgb8,
            _ => PixelFormat::Rgba8,
        };
        let data = draw(case.width, case.height, format.bytes());
        let pixels = Pixels::new(case.width, case.height, format, &data)?;
        let config = ImageConfig {
            size: case.size,
            channels: case.channels,
            mean: vec![0.0; case.channels],
            std: vec![1.0; case.channels],
            resize: case.resize,
            framing: fewshot::config::Framing::Crop,
            invert: case.invert,
            mirror: false,
            shift: 0,
        };
        let prepared = prepare(&config, &pixels)?;
        let expected = golden.tensor(name)?;
        assert_eq!(expected.shape(), [case.size, case.size, case.channels], "{name}");
        let wrong = prepared.iter().zip(expected.data()).filter(|(a, b)| a != b).count();
        assert_eq!(wrong, 0, "{name}: bytes that differ from Pillow's");
    }
    Ok(())
}
