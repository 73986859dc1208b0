//! What is said about one query, for people and for scripts.

use std::fmt;

use fewshot::classifier::{ClassExamples, Prediction};
use serde::Serialize;
use serde_json::{Map, Value};

/// One line of results: its keys are a contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The query.
    pub image: String,
    /// The most probable class; none where two are equally so.
    pub label: Option<String>,
    /// Of each class.
    pub probabilities: Map<String, Value>,
    /// The most alike example.
    pub nearest: Option<Nearest>,
    /// Whether it belongs to none of the classes, where the model can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none_of_these: Option<bool>,
    /// Probability of the label without hallucinations, where there are some.
    #[serde(skip)]
    pub plain: Option<f32>,
}

/// An example.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    /// Its class.
    pub class: String,
    /// Its place in the folder of examples.
    pub image: String,
    /// By the distance in use.
    pub distance: f32,
}

/// What each class is called: its name, with its id where another has the same.
pub fn names(classes: &[&ClassExamples]) -> Vec<String> {
    let same = |name: &str| classes.iter().filter(|class| class.name == name).count() > 1;
    let name = |class: &&ClassExamples| match same(&class.name) {
        true => format!("{} ({})", class.name, class.id),
        false => class.name.clone(),
    };
    classes.iter().map(name).collect()
}

impl Report {
    /// `names` are those of the classes the prediction counts.
    pub fn new(
        image: String,
        prediction: Prediction,
        names: &[String],
        threshold: Option<f32>,
        hallucinates: bool,
    ) -> Self {
        let nearest = prediction.nearest.into_iter().next().map(|nearest| Nearest {
            class: names[nearest.class].clone(),
            image: nearest.example,
            distance: nearest.distance,
        });
        let probabilities = names.iter().zip(&prediction.probabilities);
        Self {
            image,
            label: prediction.label.map(|label| names[label].clone()),
            probabilities: probabilities.map(|(name, &p)| (name.clone(), p.into())).collect(),
            nearest,
            none_of_these: threshold.map(|threshold| prediction.rejection_score > threshold),
            plain: prediction.label.filter(|_| hallucinates).map(|label| prediction.plain[label]),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranked: Vec<(&String, f64)> = self
            .probabilities
            .iter()
            .map(|(name, value)| (name, value.as_f64().unwrap_or(f64::NAN)))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        write!(f, "{}: ", self.image)?;
        if self.none_of_these == Some(true) {
            write!(f, "none of these; else ")?;
        }
        if self.label.is_none() {
            write!(f, "undecided; ")?;
        }
        let shown = ranked.iter().take(3).map(|(name, p)| format!("{name} {:.1} %", 100.0 * p));
        write!(f, "{}", shown.collect::<Vec<_>>().join(", "))?;
        if ranked.len() > 3 {
            write!(f, ", …")?;
        }
        if let Some(plain) = self.plain {
            write!(f, " (without hallucination {:.1} %)", 100.0 * plain)?;
        }
        match &self.nearest {
            Some(nearest) => write!(f, "; most like {}", nearest.image),
            None => Ok(()),
        }
    }
}
