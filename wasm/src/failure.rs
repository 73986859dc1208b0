//! What went wrong, with the code by which the page finds its sentence.

use fewshot::image::ImageError;
use wasm_bindgen::JsValue;

use crate::types::LearnerFailure;

/// A failure of a call.
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
    fn code(&self) -> LearnerFailure {
        use fewshot::Error as E;
        match self {
            Self::NoModel => LearnerFailure::NoModel,
            Self::BadModel(_) => LearnerFailure::BadModel,
            Self::Learner(E::Image(ImageError::TooLarge { .. } | ImageError::Side { .. })) => {
                LearnerFailure::TooLarge
            }
            Self::Learner(E::Image(_)) => LearnerFailure::BadPicture,
            Self::Learner(E::NoExamples | E::TooFewClasses { .. } | E::TooFewImages { .. }) => {
                LearnerFailure::TooFew
            }
            Self::Arguments(_) | Self::NotEmbedded(_) | Self::Learner(_) => {
                LearnerFailure::Internal
            }
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
        // A name becomes a string, and an object just made takes a property: neither can fail.
        if let Ok(code) = serde_wasm_bindgen::to_value(&self.code()) {
            let _ = js_sys::Reflect::set(&error, &"code".into(), &code);
        }
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
