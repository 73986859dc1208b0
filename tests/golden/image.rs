//! Golden pixels: preprocessing against Pillow, byte for byte.
//!
//! The pictures are drawn by a formula, here and in `make_image.py`; the page's
//! tests draw them again and check the same file, so that native and browser are
//! held to one standard.

use anyhow::{Context, Result};
use fewshot::config::ImageConfig;
use fewshot::image::{PixelFormat, Pixels, prepare};
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

/// `draw` of `make_image.py`.
fn draw(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let value = |x: u32, y: u32, c: u32| {
        let mixed =
            x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663) ^ c.wrapping_mul(83_492_791);
        let noise = (mixed >> 3) & 63;
        let edge = ((x / 13 + y / 7 + c) % 2) * 90;
        let ramp = (x * (c + 2) + y * 3) % 103;
        (noise + edge + ramp) as u8
    };
    let mut out = Vec::with_capacity(width * height * channels);
    for y in 0..height as u32 {
        for x in 0..width as u32 {
            out.extend((0..channels as u32).map(|c| value(x, y, c)));
        }
    }
    out
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
            invert: case.invert,
        };
        let prepared = prepare(&config, &pixels)?;
        let expected = golden.tensor(name)?;
        assert_eq!(expected.shape(), [case.size, case.size, case.channels], "{name}");
        let wrong = prepared.iter().zip(expected.data()).filter(|(a, b)| a != b).count();
        assert_eq!(wrong, 0, "{name}: bytes that differ from Pillow's");
    }
    Ok(())
}
