//! What went wrong, with the code by which the page finds its sentence.

use fewshot::image::ImageError;
use wasm_bindgen::JsValue;

/// A failure of a call. The codes are those of `FailureCode` in `protocol.ts`.
#[derive(Debug)]
pub enum Failure {
    /// Nothing can be done before a model is loaded.
    NoModel,
    /// The file is no model this program can use.
    BadModel(fewshot::Error),
    /// The call's arguments are not what the protocol says.
    Arguments(String),
    /// A picture was named that has not been embedded.
    NotEmbedded(String),
    /// The learner refused.
    Learner(fewshot::Error),
}

impl Failure {
    fn code(&self) -> &'static str {
        use fewshot::Error as E;
        match self {
            Self::NoModel => "no-model",
            Self::BadModel(_) => "bad-model",
            Self::Learner(E::Image(ImageError::TooLarge { .. } | ImageError::Side { .. })) => {
                "too-large"
            }
            Self::Learner(E::Image(_)) => "bad-picture",
            Self::Learner(E::NoExamples | E::TooFewClasses { .. } | E::TooFewImages { .. }) => {
                "too-few"
            }
            Self::Arguments(_) | Self::NotEmbedded(_) | Self::Learner(_) => "internal",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NoModel => "no model is loaded yet; load one first".into(),
            Self::BadModel(error) | Self::Learner(error) => error.to_string(),
            Self::Arguments(why) => format!("the call is not what the protocol says: {why}"),
            Self::NotEmbedded(picture) => {
                format!("picture '{picture}' has not been embedded with this model")
            }
        }
    }

    /// A JavaScript `Error` with a `code`.
    pub fn into_js(self) -> JsValue {
        let error = js_sys::Error::new(&self.detail());
        // Setting a property of an object just made cannot fail.
        let _ = js_sys::Reflect::set(&error, &"code".into(), &self.code().into());
        error.into()
    }
}

impl From<fewshot::Error> for Failure {
    fn from(error: fewshot::Error) -> Self {
        Self::Learner(error)
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Learner(error.into())
    }
}

impl From<candle_core::Error> for Failure {
    fn from(error: candle_core::Error) -> Self {
        Self::Learner(error.into())
    }
}
