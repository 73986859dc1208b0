//! `fewshot tsne`: the features of an episode's classes, drawn in the plane.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use fewshot::classifier::{Classifier, Point, Settings, check_hallucinations};
use fewshot::projection::tsne_2d;
use fewshot::{EpisodeSampler, EpisodeShape, Model};

use super::pictures::embed_dataset;
use super::{classes, inputs};
use crate::cli::TsneArgs;
use crate::data::{Class, Dataset};
use crate::plot::{self, Kind, Mark, ScatterFigure};
use crate::{device, output, weights};

/// Neighbours a point has, about; lowered where there are few points.
const PERPLEXITY: f32 = 20.0;
/// Enough to settle the few hundred points of an episode.
const STEPS: usize = 1000;

/// Runs the command.
///
/// # Errors
/// Where weights or data cannot be read, do not allow such an episode, or the
/// drawing cannot be written.
pub fn run(args: &TsneArgs) -> Result<()> {
    plot::Format::of(&args.out)?;
    let device = device::pick(args.device)?;
    let checkpoint = weights::read(&args.weights)?;
    let model = Model::from_checkpoint(&checkpoint, &device)?;
    check_hallucinations(args.hallucinate, model.generator.is_some())?;
    let source = inputs::open(args.data.as_deref())?;
    let dataset = classes::choose(&source, args.split, &checkpoint)?;
    // Queries are not drawn, yet an episode has at least one of each class.
    let (ways, queries) = classes::shape(&dataset, args.ways, args.shots, Some(1));
    let shape = EpisodeShape { ways, shots: args.shots, queries };
    let episode = draw(&dataset, shape, args.seed)?;
    let features = embed_dataset(&model, &episode, &device)?.to_device(&Device::Cpu)?;
    // The classifier works on the CPU, wherever pictures were embedded.
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu)?;
    plot::save(&figure(&model, &episode, &features, args)?, &args.out)?;
    output::line(args.out.display())
}

/// The episode's classes with its support pictures alone.
fn draw(dataset: &Dataset, shape: EpisodeShape, seed: u64) -> Result<Dataset> {
    let episode = EpisodeSampler::new(dataset.class_sizes(), shape, seed)?.episode(0);
    let class = |(&class, support): (&usize, &Vec<usize>)| {
        let Class { id, name, images } = &dataset.classes[class];
        let images = support.iter().map(|&image| images[image].clone()).collect();
        Class { id: id.clone(), name: name.clone(), images }
    };
    let classes = episode.classes.iter().zip(&episode.support).map(class).collect();
    Ok(Dataset { name: dataset.name.clone(), split: dataset.split, classes })
}

/// Support, hallucinated features and prototypes, where t-SNE puts them.
fn figure(
    model: &Model,
    episode: &Dataset,
    features: &Tensor,
    args: &TsneArgs,
) -> Result<ScatterFigure> {
    let settings = Settings {
        hallucinations: args.hallucinate,
        seed: args.seed,
        ..Settings::of(&model.config)
    };
    let mut classifier = Classifier::new(model, settings)?;
    let mut row = 0;
    for class in &episode.classes {
        classifier.add_class(&class.id, &class.name)?;
        for _image in &class.images {
            classifier.add_example(&class.id, row.to_string(), features.get(row)?)?;
            row += 1;
        }
    }
    let none = Tensor::zeros((0, model.config.feature_dim()), DType::F32, &Device::Cpu)?;
    let scatter = classifier.scatter(&none)?;
    let places = tsne_2d(&scatter.features, PERPLEXITY, args.seed, STEPS)?;
    let mark = |(point, at): (&Point, [f32; 2])| {
        let (class, kind) = match point {
            Point::Support { class, .. } => (*class, Kind::Real),
            Point::Hallucinated { class } => (*class, Kind::Hallucinated),
            Point::Prototype { class } => (*class, Kind::Prototype),
            Point::Query { .. } => return None,
        };
        Some(Mark { at, class, kind })
    };
    let hallucinated = match args.hallucinate {
        0 => String::new(),
        count => format!(", {count} hallucinated"),
    };
    Ok(ScatterFigure {
        title: format!("Features of {} classes of {}", episode.classes.len(), episode.name),
        subtitle: format!(
            "t-SNE of {} {} a class{hallucinated}; {} split, seed {}",
            args.shots,
            if args.shots == 1 { "picture" } else { "pictures" },
            episode.split,
            args.seed
        ),
        classes: episode.classes.iter().map(|class| class.name.clone()).collect(),
        marks: scatter.points.iter().zip(places).filter_map(mark).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceChoice;
    use crate::testing;

    #[test]
    fn real_and_hallucinated_features_are_drawn_apart_and_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = TsneArgs {
            weights: testing::weights(folder.path(), 16),
            data: None,
            split: crate::data::Split::Test.into(),
            ways: Some(3),
            shots: 2,
            hallucinate: 4,
            seed: 1,
            out: folder.path().join("features.svg"),
            device: DeviceChoice::Cpu,
        };
        let draw = |args: &TsneArgs| -> Result<String> {
            run(args)?;
            Ok(std::fs::read_to_string(&args.out)?)
        };
        let text = draw(&args).unwrap();
        for part in ["t-SNE of 2 pictures a class, 4 hallucinated", "seed 1", "of synthetic"] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(text.matches("<polygon").count(), 3 + 1, "a prototype a class, and the legend");
        assert_eq!(text, draw(&args).unwrap());
        args.hallucinate = 0;
        assert!(!draw(&args).unwrap().contains("hallucinated"));
        args.ways = Some(101);
        let error = draw(&args).unwrap_err().to_string();
        assert!(error.contains("101-way"), "{error}");
        args.out = folder.path().join("features.pdf");
        assert!(draw(&args).unwrap_err().to_string().contains(".svg or .png"));
    }
}
