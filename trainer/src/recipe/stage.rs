//! The kinds of stage a recipe is made of, and their numbers.

use anyhow::{Result, bail};
use fewshot::rng::Rng;
use fewshot::{BackboneConfig, ModelConfig};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::augment::Augment;

/// One stage of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Stage {
    /// Classification of all base classes.
    Pretrain(Pretrain),
    /// Episodes through the encoder, a generator with it where asked for.
    Episodic(Episodic),
    /// Episodes on features of a frozen encoder: only the generator learns.
    Hallucinate(Generating),
    /// No gradient: the transform's mean, the temperature, and when to reject.
    Fit(Fit),
}

/// Classification of the base classes with a cosine classifier
/// (Gidaris and Komodakis 2018; Chen et al. 2019, "Baseline++").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pretrain {
    /// Passes over the base classes' pictures.
    pub epochs: usize,
    /// Pictures a step.
    pub batch: usize,
    /// The cosine between feature and class weight is multiplied by this.
    pub scale: f32,
    /// Whether the scale is learned, from the value above.
    #[serde(default)]
    pub learn_scale: bool,
    /// Share of the target spread over all classes.
    #[serde(default)]
    pub label_smoothing: f32,
    /// Weight of the loss of telling by how many quarters a picture is turned
    /// (Gidaris et al. 2019); 0 leaves the task out.
    #[serde(default)]
    pub rotation: f32,
    /// Share of the batch that is seen turned too, where the task is on.
    #[serde(default = "half")]
    pub rotation_share: f32,
    /// Each step the averaged weights keep this share of themselves; 0 for no
    /// average. The average is what is validated and kept.
    #[serde(default)]
    pub average: f32,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How fast they move.
    pub schedule: Schedule,
    /// Variation of the pictures.
    #[serde(default)]
    pub augment: Augment,
    /// Epochs between validations.
    #[serde(default = "one")]
    pub validate_every: usize,
}

/// Episodes as in Snell et al. 2017, and with a generator as in Wang et al. 2018.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episodic {
    /// Episodes in all.
    pub episodes: usize,
    /// Classes an episode.
    pub ways: usize,
    /// Support images a class.
    pub shots: usize,
    /// Query images a class.
    pub queries: usize,
    /// Hallucinated features a class, one number or a range [from, to] drawn
    /// from each episode; 0 trains the encoder alone.
    #[serde(default)]
    pub hallucinate: Range,
    /// Whether the temperature is learned, from the model's.
    #[serde(default)]
    pub learn_temperature: bool,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How fast they move.
    pub schedule: Schedule,
    /// Variation of the pictures.
    #[serde(default)]
    pub augment: Augment,
    /// Episodes between validations.
    pub validate_every: usize,
}

/// The generator's own training, on features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generating {
    /// Episodes in all.
    pub episodes: usize,
    /// Classes an episode.
    pub ways: usize,
    /// Support images a class, drawn from this list each episode.
    pub shots: Vec<usize>,
    /// Query images a class.
    pub queries: usize,
    /// Hallucinated features a class, one number or a range drawn from.
    pub hallucinate: Range,
    /// Copies of each picture's feature: the first plain, the others varied.
    #[serde(default = "one")]
    pub copies: usize,
    /// Weight of the squared distance between the hallucinated mean and the
    /// mean of all of the class's features.
    #[serde(default)]
    pub pull: f32,
    /// Scores are divided by it in the loss, the higher the more every class counts;
    /// none takes the model's, which `fit` has made as sharp as answers are right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// What the hallucinations of a class together count in the episodes that are
    /// learned from; none takes the model's. Where they count more than they will,
    /// more of the loss is theirs to lower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hallucinated_weight: Option<f32>,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How fast they move.
    pub schedule: Schedule,
    /// Variation of the pictures in all copies but the first.
    #[serde(default)]
    pub augment: Augment,
    /// Episodes between validations.
    pub validate_every: usize,
}

/// What is measured rather than learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Shares by which the covariance of a transform `whiten` is drawn towards
    /// the identity, of which the best on the validation classes is taken.
    #[serde(default = "shrinkages")]
    pub shrinkage: Vec<f32>,
    /// λ of the head `ridge`, of which the best on the validation classes is
    /// taken; none keeps the model's.
    #[serde(default)]
    pub lambda: Vec<f32>,
    /// As `lambda`, of its kernel: 0 for a linear map; each is tried with each λ.
    #[serde(default)]
    pub gamma: Vec<f32>,
    /// Whether the temperature is chosen on the validation classes.
    #[serde(default = "yes")]
    pub temperature: bool,
    /// Whether the threshold of "none of these" is, where they suffice for it.
    #[serde(default = "yes")]
    pub rejection: bool,
}

/// How weights move along their gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Optimizer {
    /// Stochastic gradient descent with Nesterov's momentum.
    Sgd {
        /// Share of the last step kept.
        #[serde(default = "momentum")]
        momentum: f32,
        /// Pull of matrices and convolutions towards zero.
        #[serde(default)]
        weight_decay: f32,
    },
    /// Kingma and Ba 2015, with β = (0.9, 0.999) and ε = 1e-8.
    Adam {
        /// Pull of matrices and convolutions towards zero, part of the gradient.
        #[serde(default)]
        weight_decay: f32,
    },
}

/// The learning rate over a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Schedule {
    /// From `rate` to zero along half a cosine.
    Cosine {
        /// Highest rate.
        rate: f32,
        /// Steps in which it rises linearly to there.
        #[serde(default)]
        warm_up: usize,
    },
    /// `rate`, halved every so many steps.
    Halving {
        /// First rate.
        rate: f32,
        /// Steps between halvings.
        every: usize,
    },
}

/// A number, or two between which one is drawn (both included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Range {
    /// Always this.
    Fixed(usize),
    /// From the first to the second.
    Between([usize; 2]),
}

impl Default for Range {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl Range {
    /// One of its numbers, each equally likely.
    pub fn draw(self, rng: &mut Rng) -> usize {
        match self {
            Self::Fixed(number) => number,
            Self::Between([from, to]) => rng.random_range(from..=to),
        }
    }

    /// The largest of its numbers.
    #[must_use]
    pub fn largest(self) -> usize {
        match self {
            Self::Fixed(number) => number,
            Self::Between([_, to]) => to,
        }
    }

    fn is_usable(self) -> bool {
        !matches!(self, Self::Between([from, to]) if from > to)
    }
}

impl Stage {
    /// As written in a recipe.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Pretrain(_) => "pretrain",
            Self::Episodic(_) => "episodic",
            Self::Hallucinate(_) => "hallucinate",
            Self::Fit(_) => "fit",
        }
    }

    /// Whether a generator learns in it.
    #[must_use]
    pub fn teaches_generator(&self) -> bool {
        match self {
            Self::Episodic(stage) => stage.hallucinate.largest() > 0,
            Self::Hallucinate(_) => true,
            Self::Pretrain(_) | Self::Fit(_) => false,
        }
    }

    /// Whether the encoder stays as it is.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(self, Self::Hallucinate(_) | Self::Fit(_))
    }

    /// Checks what several of its values, or the model, say together.
    pub(super) fn check(&self, model: &ModelConfig) -> Result<()> {
        let (augment, hallucinate) = match self {
            Self::Pretrain(stage) => (&stage.augment, None),
            Self::Episodic(stage) => {
                if let BackboneConfig::Conv4(conv4) = &model.backbone
                    && conv4.penultimate > 0.0
                {
                    bail!(
                        "episodes teach the last block alone; use \
                         --set model.encoder.penultimate=0, or a stage 'pretrain'"
                    );
                }
                (&stage.augment, Some(stage.hallucinate))
            }
            Self::Hallucinate(stage) => {
                if stage.hallucinate.largest() == 0 {
                    bail!("hallucinate is 0, so the generator has nothing to learn");
                }
                if stage.shots.is_empty() {
                    bail!("shots is empty; write a list such as [1, 5]");
                }
                (&stage.augment, Some(stage.hallucinate))
            }
            Self::Fit(stage) => return stage.check(),
        };
        augment.check(&model.image)?;
        let range = hallucinate.unwrap_or_default();
        if !range.is_usable() {
            bail!("hallucinate must be a number or [from, to] with from no more than to");
        }
        if range.largest() > 0 && model.generator.is_none() {
            bail!("hallucinate needs a generator: give [model.generator] a kind and a hidden size");
        }
        Ok(())
    }
}

impl Fit {
    fn check(&self) -> Result<()> {
        if self.shrinkage.is_empty() {
            bail!("shrinkage is empty; write a list such as [0.3, 0.5]");
        }
        Ok(())
    }
}

fn shrinkages() -> Vec<f32> {
    vec![0.3, 0.5, 0.7, 0.9]
}

fn one() -> usize {
    1
}

fn half() -> f32 {
    0.5
}

fn momentum() -> f32 {
    0.9
}

fn yes() -> bool {
    true
}
