//! The front door for a program of one's own: the bytes of a model and of pictures in,
//! probabilities out.

use candle_core::{Device, Tensor};

use crate::{
    Checkpoint, Classifier, ClassifierFile, Embedder, Error, Model, Result, Settings,
    classifier::Prediction,
    config::ImageConfig,
    image::{ImageError, decode, to_tensor_data},
};

/// Pictures of more pixels are refused: decoded they would take 200 MB. Phones make 48 million.
pub const MOST_PIXELS: usize = 50_000_000;

/// A model and the classes it was taught.
///
/// A picture is the bytes of a JPEG or PNG file; turn on features of the `image` crate for
/// others. Everything happens in memory, on the CPU, and follows from what was given: the same
/// pictures in the same order give the same answers everywhere.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use fewshot::Learner;
///
/// let picture = |name: &str| std::fs::read(format!("../web/public/samples/characters/{name}"));
///
/// let mut learner = Learner::from_bytes(&std::fs::read("../weights/omniglot.safetensors")?)?;
/// learner.add("Kannada", &picture("Kannada-12-1.png")?)?;
/// learner.add("Tengwar", &picture("Tengwar-03-1.png")?)?;
///
/// let answer = learner.classify(&picture("Kannada-12-2.png")?)?;
/// assert_eq!(answer.label.as_deref(), Some("Kannada"));
///
/// // What was taught, as a file: features and names, no pictures.
/// let file = learner.to_bytes()?;
/// let mut again = Learner::open(&std::fs::read("../weights/omniglot.safetensors")?, &file)?;
/// assert_eq!(again.classify(&picture("Kannada-12-2.png")?)?, answer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Learner {
    image: ImageConfig,
    embedder: Embedder,
    fingerprint: String,
    /// Above it a picture is "none of these", where the model says so.
    threshold: Option<f32>,
    classifier: Classifier,
}

/// What is said of a picture.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut learner = fewshot::Learner::from_bytes(&std::fs::read("../weights/omniglot.safetensors")?)?;
/// # let picture = |name: &str| std::fs::read(format!("../web/public/samples/characters/{name}"));
/// # learner.add("Kannada", &picture("Kannada-12-1.png")?)?;
/// # learner.add("Tengwar", &picture("Tengwar-03-1.png")?)?;
/// let answer = learner.classify(&picture("Tengwar-03-2.png")?)?;
/// for (class, probability) in &answer.classes {
///     println!("{class}: {:.1} %", 100.0 * probability);
/// }
/// if answer.none_of_these {
///     println!("but it looks like none of them");
/// }
/// assert_eq!(answer.classes[0].0, "Tengwar");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Each class that has a picture, with its probability, the likeliest first; their sum is 1.
    pub classes: Vec<(String, f32)>,
    /// The likeliest class; none where two share the highest probability.
    pub label: Option<String>,
    /// Whether the picture is too strange to belong to any class, as the model measured it on
    /// classes of its own; never where it did not.
    pub none_of_these: bool,
}

impl Learner {
    /// A model without classes, from the bytes of a file of weights.
    ///
    /// # Errors
    /// If the bytes are no model, damaged, or of a later version of this crate.
    pub fn from_bytes(model: &[u8]) -> Result<Self> {
        let checkpoint = Checkpoint::from_bytes(model)?;
        Self::new(&checkpoint, |model, _| Classifier::new(model, Settings::of(&model.config)))
    }

    /// A model with the classes of a classifier that [`Self::to_bytes`] or the page saved.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], of both; [`Error::OtherModel`] where the classifier was taught
    /// with another.
    pub fn open(model: &[u8], classifier: &[u8]) -> Result<Self> {
        let file = ClassifierFile::from_bytes(classifier)?;
        let checkpoint = Checkpoint::from_bytes(model)?;
        Self::new(&checkpoint, |model, fingerprint| file.open(model, fingerprint))
    }

    fn new(
        checkpoint: &Checkpoint,
        teach: impl FnOnce(&Model, &str) -> Result<Classifier>,
    ) -> Result<Self> {
        let fingerprint = checkpoint.fingerprint()?;
        let model = Model::from_checkpoint(checkpoint, &Device::Cpu)?;
        Ok(Self {
            image: model.config.image.clone(),
            threshold: model.config.rejection.as_ref().map(|rejection| rejection.threshold),
            classifier: teach(&model, &fingerprint)?,
            embedder: model.into_embedder()?,
            fingerprint,
        })
    }

    /// Adds an example of a class, which is made where it is not there yet.
    ///
    /// # Errors
    /// If the picture cannot be read whole.
    pub fn add(&mut self, class: &str, picture: &[u8]) -> Result<()> {
        let feature = self.embed(picture)?.squeeze(0)?;
        let known = self.classifier.classes().find(|known| known.name == class);
        let id = match known {
            Some(known) => known.id.clone(),
            None => {
                self.classifier.add_class(class, class)?;
                class.to_owned()
            }
        };
        let examples = || self.classifier.classes().flat_map(|class| &class.examples);
        let taken = |name: &str| examples().any(|example| example.id == name);
        let names = (examples().count()..).map(|number| format!("{class} {number}"));
        let name = names.into_iter().find(|name| !taken(name)).unwrap_or_default();
        self.classifier.add_example(&id, name, feature)
    }

    /// How likely the picture belongs to each class.
    ///
    /// # Errors
    /// [`Error::NoExamples`] where no class has a picture; if the picture cannot be read whole.
    pub fn classify(&mut self, picture: &[u8]) -> Result<Answer> {
        let query = self.embed(picture)?;
        let prediction = self.classifier.predict(&query)?.pop().ok_or(Error::NoExamples)?;
        Ok(self.answer(&prediction))
    }

    /// What pictures are compared by: D numbers, for an index or a method of one's own.
    ///
    /// # Errors
    /// If the picture cannot be read whole.
    pub fn feature(&self, picture: &[u8]) -> Result<Vec<f32>> {
        Ok(self.embed(picture)?.flatten_all()?.to_vec1()?)
    }

    /// The classes that have a picture, in the order in which they were taught.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.classifier.active().map(|class| class.name.as_str())
    }

    /// What answers depend on besides the pictures: the head, the distance, hallucinations.
    pub fn settings(&self) -> Settings {
        self.classifier.settings()
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] where the model cannot hallucinate; if a number is out of its
    /// range. The old settings stay.
    pub fn set_settings(&mut self, settings: Settings) -> Result<()> {
        self.classifier.set_settings(settings)
    }

    /// The classes as a file of their own, for [`Self::open`], the page and
    /// `fewshot predict --support`: names and features, neither pictures nor the model.
    ///
    /// # Errors
    /// Never in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        ClassifierFile::of(&self.classifier, self.fingerprint.as_str()).to_bytes()
    }

    /// (1, D)
    fn embed(&self, picture: &[u8]) -> Result<Tensor> {
        let decoded = decode(picture, MOST_PIXELS)?;
        if decoded.is_torn() {
            let why = "the file ends before the picture does, fetch it again";
            return Err(ImageError::Decode(why.into()).into());
        }
        let ImageConfig { channels, size, .. } = self.image;
        let values = to_tensor_data(&self.image, &decoded.pixels()?)?;
        self.embedder.embed(&Tensor::from_vec(values, (1, channels, size, size), &Device::Cpu)?)
    }

    fn answer(&self, prediction: &Prediction) -> Answer {
        let names: Vec<&str> = self.classes().collect();
        let named = names.iter().zip(&prediction.probabilities);
        let mut classes: Vec<(String, f32)> =
            named.map(|(name, share)| ((*name).to_owned(), *share)).collect();
        classes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let above = |threshold| prediction.rejection_score > threshold;
        Answer {
            classes,
            label: prediction.label.map(|index| names[index].to_owned()),
            none_of_these: self.threshold.is_some_and(above),
        }
    }
}

#[cfg(test)]
mod tests;
