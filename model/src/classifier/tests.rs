//! Properties of a taught classifier.

use candle_core::{Device, Tensor};

use super::*;
use crate::{
    Checkpoint, Context, Distance, Error, HeadKind, Precision, Result, Seeds, config::tests::tiny,
    rng,
};

const DIM: usize = 32;

fn model() -> Model {
    model_with(Seeds::Drawn)
}

fn model_with(seeds: Seeds) -> Model {
    let mut config = tiny(32, 3);
    config.generator.as_mut().unwrap().seeds = seeds;
    let parameters = Model::init(&config, 1, &Device::Cpu).unwrap();
    Model::new(config, &parameters).unwrap()
}

fn features(stream: u64, count: usize) -> Tensor {
    rng::normal(&mut rng::rng(9, stream), (count, DIM), &Device::Cpu).unwrap()
}

fn class(id: &str, pictures: &[&str]) -> ClassExamples {
    let feature = |name: &str| features(rng::stream_of(&[name]), 1).get(0).unwrap();
    let example = |name: &&str| Example::new(*name, feature(name));
    ClassExamples {
        id: id.into(),
        name: id.to_uppercase(),
        examples: pictures.iter().map(example).collect(),
    }
}

fn settings(hallucinations: usize) -> Settings {
    let (head, context) = (HeadKind::Prototype, Context::Inductive);
    let (distance, temperature) = (Distance::L2, 5.0);
    Settings { head, context, distance, hallucinations, temperature, seed: 3 }
}

fn classifier(hallucinations: usize, classes: &[ClassExamples]) -> Classifier {
    let mut classifier = Classifier::new(&model(), settings(hallucinations)).unwrap();
    classifier.set_classes(classes.to_vec()).unwrap();
    classifier
}

fn three() -> Vec<ClassExamples> {
    vec![class("a", &["a1", "a2", "a3"]), class("b", &["b1", "b2"]), class("c", &["c1"])]
}

fn assert_close(actual: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(actual.len(), expected.len());
    for (a, b) in actual.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() < 1e-6, "{actual:?} {expected:?}");
    }
}

#[test]
fn probabilities_sum_to_one_and_the_label_is_the_highest() -> Result<()> {
    for distance in Distance::ALL {
        let mut classifier = classifier(4, &three());
        classifier.set_settings(Settings { distance, ..settings(4) })?;
        for prediction in classifier.predict(&features(0, 6))? {
            assert_eq!(prediction.probabilities.len(), 3);
            assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert_ne!(prediction.probabilities, prediction.plain);
            let label = prediction.label.unwrap();
            assert!(prediction.probabilities.iter().all(|p| *p <= prediction.probabilities[label]));
            assert_eq!(prediction.nearest.len(), NEIGHBOURS);
            assert!(prediction.nearest.is_sorted_by(|a, b| a.distance <= b.distance));
        }
    }
    Ok(())
}

#[test]
fn a_support_picture_is_nearest_to_itself() -> Result<()> {
    let classes = three();
    let query = classes[1].examples[0].feature.unsqueeze(0)?;
    let prediction = classifier(0, &classes).predict(&query)?.remove(0);
    assert_eq!((prediction.nearest[0].class, prediction.nearest[0].example.as_str()), (1, "b1"));
    assert!(prediction.nearest[0].distance.abs() < 1e-4);
    assert_eq!(prediction.label, Some(1));
    let stranger = classifier(0, &classes).predict(&(query * -5.0)?)?.remove(0);
    assert!(stranger.rejection_score > prediction.rejection_score);
    Ok(())
}

#[test]
fn the_order_of_classes_and_pictures_does_not_matter() -> Result<()> {
    let queries = features(0, 5);
    let expected = classifier(6, &three()).probabilities(&queries)?;
    let mut reversed = three();
    reversed.reverse();
    for class in &mut reversed {
        class.examples.reverse();
    }
    let mut actual = classifier(6, &reversed).probabilities(&queries)?;
    for row in &mut actual {
        row.reverse();
    }
    assert_close(&actual, &expected);
    Ok(())
}

#[test]
fn nothing_hallucinated_is_plain() -> Result<()> {
    for prediction in classifier(0, &three()).predict(&features(0, 3))? {
        assert_eq!(prediction.probabilities, prediction.plain);
    }
    Ok(())
}

#[test]
fn hallucinations_start_from_one_picture_or_from_all_as_the_model_says() -> Result<()> {
    let answers = |seeds, classes: &[ClassExamples]| -> Result<Vec<f32>> {
        let mut classifier = Classifier::new(&model_with(seeds), settings(3))?;
        classifier.set_classes(classes.to_vec())?;
        classifier.predict(&features(0, 1))?;
        // Taught a picture more, it must be as one taught all from the start.
        classifier.add_example("c", "c2", features(8, 1).get(0)?)?;
        Ok(classifier.predict(&features(0, 1))?.remove(0).probabilities)
    };
    let (one, all) = (answers(Seeds::Drawn, &three())?, answers(Seeds::Mean, &three())?);
    assert_ne!(one, all);
    let single = [class("a", &["a1"]), class("c", &[])];
    assert_eq!(answers(Seeds::Drawn, &single)?, answers(Seeds::Mean, &single)?, "one shot");
    let mut taught_at_once = three();
    let last = Example::new("c2", features(8, 1).get(0)?);
    taught_at_once[2].examples.push(last);
    let mut classifier = Classifier::new(&model_with(Seeds::Mean), settings(3))?;
    classifier.set_classes(taught_at_once)?;
    assert_eq!(classifier.predict(&features(0, 1))?[0].probabilities, all);
    Ok(())
}

#[test]
fn a_larger_m_begins_with_the_same_features_and_other_classes_do_not_move_them() -> Result<()> {
    let hallucinated = |classifier: &mut Classifier, class: usize| -> Result<Vec<Vec<f32>>> {
        let scatter = classifier.scatter(&features(0, 1))?;
        let rows = scatter.features.to_vec2::<f32>()?.into_iter().zip(scatter.points);
        let wanted = rows.filter(|(_, point)| *point == Point::Hallucinated { class });
        Ok(wanted.map(|(row, _)| row).collect())
    };
    let mut grown = classifier(2, &three());
    let few = hallucinated(&mut grown, 1)?;
    grown.set_settings(settings(7))?;
    let many = hallucinated(&mut grown, 1)?;
    assert_eq!((few.len(), many.len()), (2, 7));
    assert_close(&many[..2], &few);
    assert_close(&many, &hallucinated(&mut classifier(7, &three()), 1)?);
    grown.set_settings(settings(2))?;
    assert_eq!(hallucinated(&mut grown, 1)?, few, "what was made is kept");

    grown.remove_class("a")?;
    assert_eq!(hallucinated(&mut grown, 0)?, few);
    grown.set_settings(Settings { seed: 4, ..settings(2) })?;
    assert_ne!(hallucinated(&mut grown, 0)?, few);
    Ok(())
}

#[test]
fn removing_undoes_adding_and_moving_back_undoes_moving() -> Result<()> {
    let queries = features(0, 4);
    let mut classifier = classifier(3, &three());
    let expected = classifier.predict(&queries)?;
    classifier.add_class("d", "D")?;
    classifier.add_example("d", "d1", features(77, 1).get(0)?)?;
    classifier.move_example("b1", "c")?;
    let changed = classifier.predict(&queries)?;
    assert_eq!(changed[0].probabilities.len(), 4);
    assert_ne!(changed[0].probabilities[..3], expected[0].probabilities[..]);
    classifier.move_example("b1", "b")?;
    assert_eq!(classifier.remove_example("d1")?.id, "d1");
    classifier.rename_class("d", "an empty class takes no part")?;
    let actual = classifier.probabilities(&queries)?;
    let expected: Vec<_> = expected.into_iter().map(|p| p.probabilities).collect();
    assert_close(&actual, &expected);
    Ok(())
}

#[test]
fn setting_the_classes_anew_is_as_teaching_from_the_start() -> Result<()> {
    let queries = features(0, 3);
    let mut taught = classifier(3, &three());
    let expected = taught.predict(&queries)?;
    taught.set_classes(three().into_iter().rev().collect())?;
    assert_ne!(taught.predict(&queries)?, expected);
    taught.set_classes(three())?;
    assert_eq!(taught.predict(&queries)?, expected);
    let mut renamed: Vec<_> = taught.classes().cloned().collect();
    renamed[0].name = "another name".into();
    taught.set_classes(renamed.clone())?;
    assert_eq!(taught.predict(&queries)?, expected);
    assert_eq!(taught.classes().next().map(|class| class.name.as_str()), Some("another name"));
    renamed[2].examples[0].feature = features(5, 1).get(0)?;
    taught.set_classes(renamed)?;
    assert_ne!(taught.predict(&queries)?, expected, "another feature under the same name");
    Ok(())
}

#[test]
fn what_cannot_be_done_changes_nothing() -> Result<()> {
    let queries = features(0, 2);
    let mut classifier = classifier(2, &three());
    let expected = classifier.predict(&queries)?;
    let feature = features(1, 1).get(0)?;
    assert!(matches!(classifier.add_class("a", "A"), Err(Error::Duplicate { .. })));
    assert!(classifier.add_example("a", "c1", feature.clone()).is_err());
    assert!(classifier.add_example("x", "x1", feature.clone()).is_err());
    assert!(classifier.add_example("a", "a9", feature.narrow(0, 0, 3)?).is_err());
    let infinite = (feature / 0.0)?;
    assert!(matches!(classifier.add_example("a", "a9", infinite), Err(Error::NotFinite(_))));
    assert!(classifier.move_example("a1", "x").is_err());
    assert!(classifier.remove_example("x1").is_err());
    assert!(classifier.remove_class("x").is_err());
    assert!(classifier.set_classes(vec![class("a", &["1"]), class("b", &["1"])]).is_err());
    assert!(classifier.set_settings(Settings { temperature: 0.0, ..settings(2) }).is_err());
    assert!(classifier.predict(&features(0, 2).narrow(1, 0, 5)?).is_err());
    assert_eq!(classifier.predict(&queries)?, expected);

    let mut config = tiny(32, 3);
    config.generator = None;
    let parameters = Model::init(&config, 1, &Device::Cpu)?;
    let without = Model::new(config, &parameters)?;
    assert!(matches!(Classifier::new(&without, settings(1)), Err(Error::NoGenerator)));
    let mut empty = Classifier::new(&without, settings(0))?;
    empty.add_class("a", "A")?;
    assert!(matches!(empty.predict(&queries), Err(Error::NoExamples)));
    Ok(())
}

#[test]
fn a_scatter_names_every_row() -> Result<()> {
    let scatter = classifier(2, &three()).scatter(&features(0, 3))?;
    assert_eq!(scatter.features.dims(), [6 + 3 * 2 + 3 + 3, DIM]);
    assert_eq!(scatter.points.len(), 18);
    assert_eq!(scatter.points[0], Point::Support { class: 0, example: "a1".into() });
    assert_eq!(scatter.points[17], Point::Query { index: 2 });
    let none = features(0, 1).narrow(0, 0, 0)?;
    assert_eq!(classifier(0, &three()).scatter(&none)?.points.len(), 9);
    assert!(classifier(0, &three()).predict(&none)?.is_empty());
    Ok(())
}

#[test]
fn a_file_gives_the_same_predictions_bit_for_bit() -> Result<()> {
    let (model, queries) = (model(), features(0, 4));
    let mut classifier = classifier(5, &three());
    classifier.add_class("empty", "Leer")?;
    let expected = classifier.predict(&queries)?;
    let bytes = ClassifierFile::of(&classifier, "abc").to_bytes()?;
    let mut read = ClassifierFile::from_bytes(&bytes)?.open(&model, "abc")?;
    assert_eq!(read.predict(&queries)?, expected);
    assert_eq!(read.settings(), classifier.settings());
    let names = |c: &Classifier| c.classes().map(|c| c.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&read), ["A", "B", "C", "Leer"]);

    let other = ClassifierFile::from_bytes(&bytes)?.open(&model, "abd").unwrap_err();
    assert!(matches!(other, Error::OtherModel { .. }), "{other}");
    assert!(ClassifierFile::from_bytes(&bytes[..bytes.len() - 9]).is_err());
    let config = tiny(32, 3);
    let parameters = Model::init(&config, 1, &Device::Cpu)?;
    let checkpoint = Checkpoint { config, provenance: serde_json::Map::new(), parameters };
    let weights = checkpoint.to_bytes(Precision::F32)?;
    let error = ClassifierFile::from_bytes(&weights).unwrap_err();
    assert!(error.to_string().contains("no taught classifier"), "{error}");
    Ok(())
}

#[test]
fn covering_what_matters_costs_probability() -> Result<()> {
    let model = model();
    let embedder = model.embedder()?;
    let image = |stream| rng::normal(&mut rng::rng(2, stream), (1, 3, 32, 32), &Device::Cpu);
    let mut classifier = Classifier::new(&model, settings(0))?;
    for (id, stream) in [("a", 0), ("b", 1)] {
        classifier.add_class(id, id)?;
        classifier.add_example(id, id, embedder.embed(&image(stream)?)?.get(0)?)?;
    }
    let occlusion = classifier.occlude(&embedder, &image(0)?, "a", 5)?;
    assert_eq!((occlusion.side, occlusion.drop.len()), (5, 25));
    let of_b = classifier.occlude(&embedder, &image(0)?, "b", 5)?;
    for (a, b) in occlusion.drop.iter().zip(&of_b.drop) {
        assert!((a + b).abs() < 1e-5, "of two classes one gains what the other loses");
    }
    assert!(occlusion.drop.iter().any(|drop| drop.abs() > 1e-6));
    assert!(classifier.occlude(&embedder, &image(0)?, "x", 5).is_err());
    assert!(classifier.occlude(&embedder, &image(0)?, "a", 0).is_err());
    Ok(())
}

#[test]
fn the_next_to_label_are_among_the_most_doubtful() -> Result<()> {
    for distance in Distance::ALL {
        let mut classifier = classifier(0, &three());
        classifier.set_settings(Settings { distance, ..settings(0) })?;
        let queries = features(0, 40);
        let chosen = classifier.next_to_label(&queries, 2)?;
        let probabilities = classifier.probabilities(&queries)?;
        let doubts = probabilities.iter().map(|row| crate::acquisition::doubt(row));
        let doubts: Vec<f32> = doubts.collect();
        let more = |row: usize| doubts.iter().filter(|doubt| **doubt > doubts[row]).count();
        assert!(chosen.len() == 2 && chosen.iter().all(|&row| more(row) < 10), "{chosen:?}");
        assert!(classifier.next_to_label(&features(0, 0), 2)?.is_empty());
    }
    let mut untaught = classifier(0, &[]);
    assert!(matches!(untaught.next_to_label(&features(0, 4), 2), Err(Error::NoExamples)));
    Ok(())
}
