use std::path::PathBuf;

use candle_core::Tensor;
use fewshot::classifier::ClassifierFile;
use fewshot::{Distance, Head, Support};

use super::*;
use crate::commands::pictures::embed_dataset;
use crate::data::{Dataset, Split, class_folders};
use crate::device::DeviceChoice;
use crate::testing;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        testing::weights(folder.path(), 16);
        let classes = [("red", [190, 10, 0]), ("green", [0, 150, 20]), ("blue", [20, 0, 180])];
        testing::pictures(&folder.path().join("support"), &classes, 3);
        testing::pictures(&folder.path().join("query"), &classes, 2);
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn args(&self) -> AskArgs {
        AskArgs {
            weights: self.path("model.safetensors"),
            support: self.path("support"),
            query: self.path("query"),
            head: None,
            distance: None,
            hallucinate: None,
            seed: None,
            json: true,
            csv: None,
            sort: None,
            link: None,
            moves: false,
            device: DeviceChoice::Cpu,
        }
    }

    fn error(&self, change: impl Fn(&mut AskArgs)) -> String {
        let mut args = self.args();
        change(&mut args);
        format!("{:#}", predict(&args).unwrap_err())
    }
}

#[test]
fn probabilities_are_those_of_prototypes_by_hand() {
    let place = Place::new();
    let reports = predict(&place.args()).unwrap().reports;
    assert_eq!(reports.len(), 6);
    assert_eq!(reports[0].image, "blue/00.png");

    let model = weights::load(&place.path("model.safetensors"), &Device::Cpu).unwrap();
    let features = |name: &str| -> Tensor {
        let classes = class_folders(&place.path(name)).unwrap();
        let dataset = Dataset { name: name.into(), split: Split::Test.into(), classes };
        embed_dataset(&model, &dataset, &Device::Cpu).unwrap()
    };
    let support = features("support").reshape((3, 3, 8)).unwrap();
    let fitted = Head::Prototype(Distance::L2).fit(&Support::of_episode(&support).unwrap());
    let scores = fitted.unwrap().scores(&features("query")).unwrap();
    let powers = scores.exp().unwrap();
    let shares = powers.broadcast_div(&powers.sum_keepdim(1).unwrap()).unwrap();
    let expected = shares.to_vec2::<f32>().unwrap();
    for (report, expected) in reports.iter().zip(expected) {
        for (name, expected) in ["blue", "green", "red"].into_iter().zip(expected) {
            let p = report.probabilities[name].as_f64().unwrap() as f32;
            assert!((p - expected).abs() < 1e-5, "{name} of {}", report.image);
        }
        let class = report.image.split('/').next().unwrap();
        assert_eq!(report.label.as_deref(), Some(class));
        assert_eq!(report.nearest.as_ref().unwrap().class, class);
    }
}

#[test]
fn the_keys_are_the_contract_s_and_one_file_is_called_as_given() {
    let place = Place::new();
    let mut args = place.args();
    args.query = place.path("query/red/01.png");
    let reports = predict(&args).unwrap().reports;
    let value = serde_json::to_value(&reports[0]).unwrap();
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["image", "label", "nearest", "probabilities"]);
    assert_eq!(value["image"], args.query.display().to_string());
    assert_eq!(value["nearest"]["image"], "red/01.png");
    assert!(value["nearest"]["distance"].as_f64().unwrap() < 1e-6, "the same picture");
    let sum: f64 = ["red", "green", "blue"]
        .map(|class| value["probabilities"][class].as_f64().unwrap())
        .iter()
        .sum();
    assert!((sum - 1.0).abs() < 1e-5);
    assert!(reports[0].to_string().contains("red"), "{}", reports[0]);
}

#[test]
fn hallucinations_follow_the_seed() {
    let place = Place::new();
    let run = |seed| {
        let args = AskArgs { hallucinate: Some(5), seed: Some(seed), ..place.args() };
        predict(&args).unwrap().reports
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    assert!(run(1)[0].to_string().contains("without hallucination"));
}

#[test]
fn an_exported_classifier_gives_the_same_without_its_pictures() {
    let place = Place::new();
    let args = AskArgs { hallucinate: Some(4), seed: Some(9), ..place.args() };
    let taught = predict(&args).unwrap().reports;
    let checkpoint = weights::read(&args.weights).unwrap();
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu).unwrap();
    let classifier =
        support::classifier(&lesson(&args), &checkpoint, &model, &model, &Device::Cpu).unwrap();
    let file = ClassifierFile::of(&classifier, checkpoint.fingerprint().unwrap());
    std::fs::write(place.path("taught.safetensors"), file.to_bytes().unwrap()).unwrap();
    // Neither M nor the seed is given again: they come with the file.
    let opened = AskArgs { support: place.path("taught.safetensors"), ..place.args() };
    assert_eq!(predict(&opened).unwrap().reports, taught);
}

#[test]
fn a_classifier_of_the_page_answers_with_names_and_never_with_inner_ids() {
    let place = Place::new();
    let args = place.args();
    let checkpoint = weights::read(&args.weights).unwrap();
    let model = Model::from_checkpoint(&checkpoint, &Device::Cpu).unwrap();
    let classifier =
        support::classifier(&lesson(&args), &checkpoint, &model, &model, &Device::Cpu).unwrap();
    let mut file = ClassifierFile::of(&classifier, checkpoint.fingerprint().unwrap());
    for (number, class) in file.classes.iter_mut().enumerate() {
        class.id = format!("c-{number}");
        class.name = "Thing".into();
        for (number, example) in class.examples.iter_mut().enumerate() {
            example.id = format!("p-{}-{number}", class.id);
            example.name = format!("IMG_{number}.jpg");
        }
    }
    std::fs::write(place.path("taught.safetensors"), file.to_bytes().unwrap()).unwrap();
    let opened = AskArgs { support: place.path("taught.safetensors"), ..place.args() };
    for report in predict(&opened).unwrap().reports {
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("c-") && !json.contains("p-"), "{json}");
        assert!(json.contains(r#""Thing":"#) && json.contains(r#""Thing (2)":"#), "{json}");
        assert!(report.nearest.unwrap().image.starts_with("IMG_"), "{json}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let place = Place::new();
    std::fs::create_dir(place.path("support/empty")).unwrap();
    let error = place.error(|_| {});
    assert!(error.contains("support/empty holds no picture"), "{error}");
    let error = place.error(|args| args.support = place.path("nowhere"));
    assert!(error.contains("nowhere") && error.contains("there is no such folder"), "{error}");
    let error = place.error(|args| args.support = place.path("query/red"));
    assert!(error.contains("has no class folders: put the pictures"), "{error}");
    let error = place.error(|args| args.query = place.path("missing.png"));
    assert!(error.contains("missing.png: check the path"), "{error}");
    let error = place.error(|args| args.support = place.path("model.safetensors"));
    assert!(error.contains("no taught classifier"), "{error}");
    std::fs::write(place.path("query/torn.png"), "no picture").unwrap();
    std::fs::remove_dir(place.path("support/empty")).unwrap();
    let answers = predict(&place.args()).unwrap();
    assert_eq!(answers.reports.len(), 6, "the others have their answers");
    let error = format!("{:#}", answers.broken[0]);
    assert!(error.contains("torn.png") && error.contains("replace or remove"), "{error}");
    let error = place.error(|args| args.query = place.path("query/torn.png"));
    assert!(error.contains("torn.png"), "{error}");
}

#[test]
fn sorting_that_is_asked_to_stop_ends_between_two_pictures() {
    let place = Place::new();
    let answers = predict(&place.args()).unwrap();
    let (folder, log) = (place.path("sorted"), place.path("sorted/sorted.jsonl"));
    let sorted = sort::sort(&answers, &folder, Placing::Copy, &Interrupt::after(2)).unwrap();
    assert_eq!(
        (sorted.folders.iter().map(|(_, count)| count).sum::<usize>(), sorted.not_reached),
        (2, 4)
    );
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
    let sorted = sort::sort(&answers, &folder, Placing::Copy, &Interrupt::default()).unwrap();
    assert_eq!((sorted.already, sorted.not_reached), (2, 0));
}
