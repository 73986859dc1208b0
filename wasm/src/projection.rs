//! A drawing of the task's features, and where its points were last time.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use fewshot::{
    classifier::{Point, Scatter},
    projection::{Tsne, pca_2d},
};

use crate::{
    failure::Failure,
    types::{PointKind, ProjectionMethod, ProjectionPoint},
};

/// About how many neighbours a point has; a class seldom has more pictures.
const PERPLEXITY: f32 = 12.0;

/// Places of the last t-SNE drawing by what stood there, shared with the drawing.
pub type Places = Rc<RefCell<HashMap<Key, [f32; 2]>>>;

/// What a point stands for, over changes of the task: its kind, class or picture, and number.
type Key = (u8, String, usize);

pub struct Projection {
    points: Vec<ProjectionPoint>,
    keys: Vec<Key>,
    drawing: Drawing,
    places: Places,
}

enum Drawing {
    Pca(Vec<[f32; 2]>),
    Tsne(Box<Tsne>),
}

impl Projection {
    pub fn new(
        scatter: Scatter,
        class_ids: Vec<String>,
        queries: &[String],
        method: ProjectionMethod,
        seed: u64,
        places: Places,
    ) -> Result<Self, Failure> {
        let Scatter { points, features } = scatter;
        let points: Vec<ProjectionPoint> =
            points.into_iter().map(|point| named(point, &class_ids, queries)).collect();
        let keys = keys(&points);
        let drawing = match method {
            ProjectionMethod::Pca => Drawing::Pca(pca_2d(&features)?),
            ProjectionMethod::Tsne => {
                let known = places.borrow();
                let known: Vec<_> = keys.iter().map(|key| known.get(key).copied()).collect();
                Drawing::Tsne(Box::new(Tsne::resumed(&features, PERPLEXITY, seed, &known)?))
            }
        };
        Ok(Self { points, keys, drawing, places })
    }

    pub fn points(&self) -> Vec<ProjectionPoint> {
        self.points.clone()
    }

    pub fn step(&mut self, count: usize) {
        if let Drawing::Tsne(tsne) = &mut self.drawing {
            tsne.step(count);
            let keys = self.keys.iter().cloned();
            let positions = tsne.positions().iter().copied();
            *self.places.borrow_mut() = keys.zip(positions).collect();
        }
    }

    pub fn coordinates(&self) -> Vec<f32> {
        let positions = match &self.drawing {
            Drawing::Pca(positions) => positions,
            Drawing::Tsne(tsne) => tsne.positions(),
        };
        positions.as_flattened().to_vec()
    }
}

fn named(point: Point, class_ids: &[String], queries: &[String]) -> ProjectionPoint {
    let (kind, class, picture) = match point {
        Point::Support { class, example } => (PointKind::Support, Some(class), Some(example)),
        Point::Hallucinated { class } => (PointKind::Hallucinated, Some(class), None),
        Point::Prototype { class } => (PointKind::Prototype, Some(class), None),
        Point::Query { index } => (PointKind::Query, None, Some(queries[index].clone())),
    };
    ProjectionPoint { kind, class_id: class.map(|class| class_ids[class].clone()), picture }
}

/// Pictures by their name, whichever class they are in; the others by class and number.
fn keys(points: &[ProjectionPoint]) -> Vec<Key> {
    let mut counts: HashMap<(u8, String), usize> = HashMap::new();
    let key = |point: &ProjectionPoint| {
        let kind = point.kind as u8;
        if let Some(picture) = &point.picture {
            return (PointKind::Support as u8, picture.clone(), 0);
        }
        let class = point.class_id.clone().unwrap_or_default();
        let count = counts.entry((kind, class.clone())).or_default();
        *count += 1;
        (kind, class, *count)
    };
    points.iter().map(key).collect()
}
