//! What is said about one query, for people and for scripts.

use std::collections::HashMap;
use std::fmt;
use std::iter::once;

use fewshot::classifier::{ClassExamples, Prediction};
use serde::Serialize;
use serde_json::{Map, Value};

/// As the page calls it, in its tables and its folders too.
const NONE: &str = "None of these";

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
    /// What it is called: its place in the folder of examples, or its name in the page.
    pub image: String,
    /// By the distance in use.
    pub distance: f32,
}

/// What is answered with.
#[derive(Debug)]
pub struct Names {
    /// Of each class, no two the same.
    pub classes: Vec<String>,
    /// Of each class's pictures, by their ids.
    pictures: Vec<HashMap<String, String>>,
}

impl Names {
    /// Of the classes that a prediction counts. Where two are called the same, the later
    /// one gets a number: an exported classifier's ids mean nothing outside the page.
    pub fn of(classes: &[&ClassExamples]) -> Self {
        let mut names: Vec<String> = Vec::with_capacity(classes.len());
        for class in classes {
            names.push(free(&class.name, &names));
        }
        let pictures = |class: &&ClassExamples| {
            class.examples.iter().map(|e| (e.id.clone(), e.name.clone())).collect()
        };
        Self { classes: names, pictures: classes.iter().map(pictures).collect() }
    }

    /// What is said of a picture that belongs to no class; no class is called so.
    pub fn none(&self) -> String {
        free(NONE, &self.classes)
    }
}

/// `name`, or where that is taken, with a number.
fn free(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let mut candidates = once(name.to_owned()).chain(numbered);
    candidates.find(|name| !taken.contains(name)).unwrap_or_default()
}

impl Report {
    /// `names` are those of the classes and pictures the prediction counts.
    pub fn new(
        image: String,
        prediction: Prediction,
        names: &Names,
        threshold: Option<f32>,
        hallucinates: bool,
    ) -> Self {
        let nearest = prediction.nearest.into_iter().next().map(|nearest| Nearest {
            class: names.classes[nearest.class].clone(),
            image: names.pictures[nearest.class][&nearest.example].clone(),
            distance: nearest.distance,
        });
        let probabilities = names.classes.iter().zip(&prediction.probabilities);
        Self {
            image,
            label: prediction.label.map(|label| names.classes[label].clone()),
            probabilities: probabilities.map(|(name, &p)| (name.clone(), p.into())).collect(),
            nearest,
            none_of_these: threshold.map(|threshold| prediction.rejection_score > threshold),
            plain: prediction.label.filter(|_| hallucinates).map(|label| prediction.plain[label]),
        }
    }

    /// What the picture is put down as: its class, or `none` where it belongs to no class;
    /// nothing where two classes claim it alike.
    pub fn place<'a>(&'a self, none: &'a str) -> Option<&'a str> {
        if self.none_of_these == Some(true) { Some(none) } else { self.label.as_deref() }
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
