use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::testing;

fn rows(hallucinate: &[usize], shots: usize) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let classes = [("red", [200, 0, 0]), ("blue", [0, 0, 200]), ("grey", [99, 99, 99])];
    testing::pictures(folder.path(), &classes, 8);
    let dataset = data::open(Some(folder.path()))?.split(data::Split::Test)?;
    let model = Model::from_checkpoint(&testing::checkpoint(16, 3), &Device::Cpu)?;
    let protocol = Protocol {
        shape: EpisodeShape { ways: 3, shots, queries: 4 },
        episodes: 30,
        head: None,
        distance: None,
        context: fewshot::Context::Inductive,
        imbalance: None,
        hallucinate: hallucinate.to_vec(),
        generator: Control::Own,
        spread: false,
        outsiders: false,
        confusion: true,
        seed: 5,
    };
    Ok(evaluate(&model, &dataset, &[protocol], &Device::Cpu)?.remove(0))
}

fn keys(row: &Row) -> BTreeSet<String> {
    let Value::Object(object) = serde_json::to_value(row).unwrap() else { panic!("no object") };
    object.into_iter().map(|(key, _)| key).collect()
}

#[test]
fn the_keys_are_the_contract_s() {
    let rows = rows(&[0, 0, 5], 2).unwrap();
    let contract = "data split ways shots queries episodes head distance context hallucinate seed \
                    accuracy ci95 seconds";
    let mut expected: BTreeSet<String> = contract.split_whitespace().map(str::to_owned).collect();
    assert_eq!(keys(&rows[0]), expected);
    expected.extend(["paired_difference".to_owned(), "paired_ci95".to_owned()]);
    assert_eq!(keys(&rows[2]), expected);
    let line = serde_json::to_string(&rows[0]).unwrap();
    assert!(line.contains(r#""split":"test","ways":3,"shots":2"#), "{line}");
    assert!(
        line.contains(
            r#""head":"prototype","distance":"l2","context":"inductive","hallucinate":0,"seed":5"#
        ),
        "{line}"
    );
    // The same M twice does not differ from itself.
    assert_eq!((rows[1].paired_difference, rows[1].paired_ci95), (Some(0.0), Some(0.0)));
}

#[test]
fn the_same_seed_gives_the_same_result_and_colours_are_told_apart() {
    let (first, again) = (rows(&[0, 3], 1).unwrap(), rows(&[0, 3], 1).unwrap());
    for (row, other) in first.iter().zip(&again) {
        assert_eq!((row.accuracy, row.ci95), (other.accuracy, other.ci95));
    }
    assert!(first[0].accuracy > 0.8, "{}", first[0].accuracy);
    let shown: Vec<bool> = first.iter().map(|row| row.confusion.is_some()).collect();
    assert_eq!(shown, [false, true], "of the last M");
    let table = table(&first);
    assert!(table.contains("3-way 1-shot") && table.contains("against M = 0"), "{table}");
}

#[test]
fn too_few_pictures_for_the_shots_are_told() {
    let error = rows(&[0], 5).unwrap_err().to_string();
    assert!(error.contains("8 images") && error.contains("needs 9"), "{error}");
}
