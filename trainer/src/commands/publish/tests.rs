use fewshot::Precision;

use super::*;
use crate::cli::StoredAs;
use crate::data::Class;
use crate::device::DeviceChoice;
use crate::run_dir::Origin;
use crate::testing;

/// A folder with a run of random weights and eight pictures of each of 24 classes.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recipe = Recipe::find("synthetic", &["seed=3".into()]).unwrap();
        let run =
            RunDir::create(Some(&folder.path().join("run")), &recipe, &Origin::default()).unwrap();
        let mut checkpoint = testing::checkpoint(16, 3);
        checkpoint.provenance.insert("wall_seconds".into(), json!(90.0));
        let bytes = checkpoint.to_bytes(Precision::F32).unwrap();
        std::fs::write(run.best(), &bytes).unwrap();
        Self { folder }
    }

    fn args(&self, id: &str) -> PublishArgs {
        PublishArgs {
            run: Some(self.folder.path().join("run")),
            name_classes: false,
            id: id.into(),
            title: Some("Small pictures".into()),
            note: Some("Seen elsewhere.".into()),
            data: None,
            precision: StoredAs::F16,
            default: false,
            to: self.folder.path().join("weights"),
            device: DeviceChoice::Cpu,
        }
    }
}

fn entry(id: &str, default: bool) -> Entry {
    let score = |accuracy| Score { accuracy, ci95: 0.004 };
    let protocols = |accuracy: f64| -> std::collections::BTreeMap<String, Score> {
        [("5w1s".to_owned(), score(accuracy)), ("5w5s".to_owned(), score(accuracy + 0.2))].into()
    };
    Entry {
        id: id.into(),
        file: format!("{id}.safetensors"),
        bytes: 2_500_000,
        sha256: "ab".repeat(32),
        title: "Photographs (colour)".into(),
        note: None,
        data: "tiny-imagenet".into(),
        split: "64 train, 16 val, 20 test classes".into(),
        also: vec![],
        recipe: "tiny-imagenet".into(),
        seed: 0,
        wall_minutes: 61.5,
        scores: [("val".to_owned(), protocols(0.5)), ("test".to_owned(), protocols(0.55))].into(),
        default,
    }
}

#[test]
fn one_model_is_the_default_and_ids_are_replaced_in_place() {
    let mut manifest = Manifest::default();
    manifest.put(entry("a", false));
    manifest.put(entry("b", false));
    let defaults = |manifest: &Manifest| -> Vec<bool> {
        manifest.models.iter().map(|entry| entry.default).collect()
    };
    assert_eq!(defaults(&manifest), [true, false]);
    manifest.put(entry("b", true));
    assert_eq!(defaults(&manifest), [false, true]);
    manifest.put(Entry { title: "New".into(), ..entry("b", false) });
    assert_eq!(
        (defaults(&manifest), manifest.models[1].title.as_str()),
        (vec![false, true], "New")
    );
}

#[test]
fn a_card_tells_data_terms_recipe_and_scores() {
    let mut manifest = Manifest::default();
    manifest.put(entry("photos", true));
    let text = cards::text(&manifest);
    for part in [
        "[Photographs (colour)](#photographs-colour-photos)",
        "research only",
        "| classes | 5-way 1-shot | 5-way 5-shot |",
        "| test | 55.00 ± 0.40 | 75.00 ± 0.40 |",
        "recipe `tiny-imagenet`, seed 0, 61.5 minutes",
        "fewshot train --recipe tiny-imagenet --data DIR --out runs/photos",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let also = vec!["caltech101".to_owned()];
    manifest.put(Entry { also, ..entry("photos", true) });
    let text = cards::text(&manifest);
    for part in ["- **Also**: caltech101: ", "--data DIR --also DIR --out runs/photos"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn scores_are_of_the_file_and_the_test_classes_are_opened_once() {
    let place = Place::new();
    let args = place.args("small");
    let whole = data::open(None).unwrap();
    let few = |split| -> Option<Vec<Class>> {
        let classes = whole.split(split).unwrap().classes.into_iter().take(6);
        Some(classes.collect())
    };
    let listing = [few(Split::Train), few(Split::Val), few(Split::Test)];
    let source = DataSource::from_listing("few", listing).unwrap();
    let stored = weights::read(&args.run.clone().unwrap().join("best.safetensors")).unwrap();
    let scores = score(&stored, &source, 20, &args).unwrap();
    assert_eq!(scores.keys().collect::<Vec<_>>(), ["test", "val"]);
    assert_eq!(scores["test"].keys().collect::<Vec<_>>(), ["5w1s", "5w5s"]);

    // The same numbers published under this id keep the scores of then.
    let path = args.to.join("small.safetensors");
    write::atomically(&path, &stored.to_bytes(Precision::F32).unwrap()).unwrap();
    let mut manifest = Manifest::default();
    manifest.put(Entry { scores: scores.clone(), ..entry("small", true) });
    assert_eq!(earlier(&manifest, "small", &path, &stored), Some(scores));
    let mut other = stored.clone();
    other.parameters = testing::checkpoint(16, 3).parameters;
    other.config.image.mean = vec![0.4; 3];
    assert_eq!(earlier(&manifest, "small", &path, &other), None);
    assert_eq!(earlier(&manifest, "new", &path, &stored), None);
}

#[test]
fn a_changed_recipe_is_kept_beside_the_model() {
    let place = Place::new();
    let args = place.args("small");
    let shipped = Recipe::find("synthetic", &[]).unwrap();
    assert_eq!(keep_recipe(&shipped, &args).unwrap(), "synthetic");
    let changed = Recipe::find("synthetic", &["seed=3".into()]).unwrap();
    assert_eq!(keep_recipe(&changed, &args).unwrap(), "weights/small.toml");
    let kept = std::fs::read_to_string(args.to.join("small.toml")).unwrap();
    assert_eq!(Recipe::parse(&kept, &[]).unwrap(), changed);
    assert!(check_id("tiny-imagenet").is_ok());
    for id in ["", "Photos", "a/b", "--", "a.b"] {
        assert!(check_id(id).is_err(), "{id}");
    }
}

#[test]
fn twenty_ways_are_for_many_classes() {
    let named = |sizes: &[usize]| -> Vec<(usize, usize)> {
        shapes(sizes).iter().map(|shape| (shape.ways, shape.shots)).collect()
    };
    assert_eq!(named(&[20; 423]), [(5, 1), (5, 5), (20, 1), (20, 5)]);
    assert_eq!(named(&[600; 20]), [(5, 1), (5, 5)]);
    assert_eq!(named(&[16; 20]), [(5, 1)]);
    assert_eq!(named(&[600; 4]), []);
}
