//! A decoded picture on its way into the model.

use fewshot::{
    ModelConfig,
    image::{self, Decoded, PixelFormat, Pixels, decode},
};
use wasm_bindgen::prelude::*;

use crate::failure::Failure;

/// Pictures of more pixels are refused: decoded and turned upright they would
/// take 300 MB, which memory that never shrinks should not hold. Phones make 48
/// million.
const MAX_PIXELS: usize = 50_000_000;

/// Pixels, decoded here or by the browser. Free it after use.
#[wasm_bindgen]
pub struct Picture(Decoded);

#[wasm_bindgen]
impl Picture {
    /// Decodes JPEG or PNG as the trainer does, upright by its EXIF orientation.
    pub fn decode(bytes: &[u8]) -> Result<Self, JsValue> {
        decode(bytes, MAX_PIXELS).map(Self).map_err(|error| Failure::from(error).into_js())
    }

    /// Wraps the RGBA bytes of a canvas.
    #[wasm_bindgen(js_name = fromPixels)]
    pub fn from_pixels(width: usize, height: usize, rgba: Vec<u8>) -> Result<Self, JsValue> {
        let decoded = Decoded::new(width, height, PixelFormat::Rgba8, rgba);
        decoded.map(Self).map_err(|error| Failure::from(error).into_js())
    }

    /// The most pixels a picture may have.
    #[wasm_bindgen(js_name = maxPixels)]
    #[must_use]
    pub fn max_pixels() -> usize {
        MAX_PIXELS
    }

    /// The middle square at `side` pixels, as RGBA: for showing, whatever a model sees.
    pub fn thumbnail(&self, side: usize) -> Result<Vec<u8>, JsValue> {
        let config = ModelConfig::new(side, 3).image;
        let square = self.pixels().and_then(|pixels| Ok(image::prepare(&config, &pixels)?));
        Ok(to_rgba(&square.map_err(Failure::into_js)?, config.channels))
    }

    /// Whether the file ends early: what is missing is grey.
    #[wasm_bindgen(getter, js_name = isTorn)]
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.0.is_torn()
    }

    /// Width in pixels, upright.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Height in pixels, upright.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn height(&self) -> usize {
        self.0.height()
    }
}

impl Picture {
    pub(crate) fn pixels(&self) -> Result<Pixels<'_>, Failure> {
        Ok(self.0.pixels()?)
    }
}

/// Prepared bytes, (S, S, C), as a canvas takes them.
pub fn to_rgba(prepared: &[u8], channels: usize) -> Vec<u8> {
    let colour = |pixel: &[u8]| [pixel[0], pixel[channels / 2], pixel[channels - 1], 255];
    prepared.chunks_exact(channels).flat_map(colour).collect()
}
