//! What is done with a trained model: `info`, `predict`, `embed`, `tsne`, `bench`.

use std::fs;

use anyhow::{Context, Result, ensure};
use fewshot_tests::{fewshot, fixture};
use safetensors::SafeTensors;
use serde_json::Value;

#[test]
fn info_tells_what_a_file_holds() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let text = fewshot!("info", &weights)?.succeeded()?.stdout;
    for told in ["model.safetensors", "32 x 32", "32 numbers", "reference", "l2"] {
        ensure!(text.contains(told), "'{told}' is not in\n{text}");
    }
    Ok(())
}

#[test]
fn predict_prints_an_object_for_each_query() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let support = fixture::classes(&folder.path().join("support"), 3, 2)?;
    let queries = folder.path().join("queries");
    for class in 0..3 {
        fixture::save(&queries.join(format!("{class}.png")), class, 7)?;
    }
    let predict = |query, count: &str| {
        fewshot!(
            "predict",
            "--weights",
            &weights,
            "--support",
            &support,
            "--query",
            query,
            "--hallucinate",
            count,
            "--json"
        )
    };
    for count in ["0", "4"] {
        let lines = predict(&queries, count)?.json_lines()?;
        ensure!(lines.len() == 3, "{lines:?}");
        for (class, line) in lines.iter().enumerate() {
            check_prediction(line).with_context(|| line.to_string())?;
            let name = fixture::name(class);
            ensure!(line["nearest"]["class"] == name, "the nearest picture: {line}");
            // The generator has learned nothing, so with it only the form can be expected.
            ensure!(count != "0" || line["label"] == name, "{name} expected: {line}");
        }
        ensure!(lines == predict(&queries, count)?.json_lines()?, "the same seed, other numbers");
    }
    let one = predict(&queries.join("1.png"), "0")?.json_lines()?;
    ensure!(one.len() == 1 && one[0]["label"] == fixture::name(1), "{one:?}");
    Ok(())
}

fn check_prediction(line: &Value) -> Result<()> {
    let label = line["label"].as_str().context("label")?;
    let probabilities = line["probabilities"].as_object().context("probabilities")?;
    ensure!(probabilities.len() == 3, "a probability for each class");
    let values: Vec<f64> = probabilities.values().filter_map(Value::as_f64).collect();
    ensure!((values.iter().sum::<f64>() - 1.0).abs() < 1e-4, "they sum to one");
    let own = probabilities[label].as_f64().context("the label's probability")?;
    ensure!(values.iter().all(|&value| value <= own), "the label is the most probable class");
    let nearest = &line["nearest"];
    ensure!(nearest["image"].as_str().is_some_and(|image| image.ends_with(".png")), "its picture");
    ensure!(nearest["distance"].is_number() && line["image"].is_string(), "distance and image");
    Ok(())
}

#[test]
fn predict_without_json_is_for_people() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let support = fixture::classes(&folder.path().join("support"), 2, 1)?;
    let query = support.join("class1/00.png");
    let outcome =
        fewshot!("predict", "--weights", &weights, "--support", &support, "--query", &query)?;
    let text = outcome.succeeded()?.stdout;
    ensure!(text.contains("class1") && text.contains("00.png"), "{text}");
    ensure!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
    Ok(())
}

#[test]
fn embed_writes_features_with_the_names_of_their_pictures() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let images = fixture::classes(&folder.path().join("images"), 2, 3)?;
    let out = folder.path().join("features.safetensors");
    fewshot!("embed", "--weights", &weights, "--images", &images, "--out", &out)?.succeeded()?;
    let bytes = fs::read(&out)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let features = file.tensor("features")?;
    ensure!(features.shape() == [6, 32] && features.dtype() == safetensors::Dtype::F32);
    let (_, header) = SafeTensors::read_metadata(&bytes)?;
    let metadata = header.metadata().as_ref().context("no metadata")?;
    let names: Vec<String> = serde_json::from_str(metadata.get("images").context("no images")?)?;
    ensure!(names == fixture::files(&images)?, "{names:?}");
    Ok(())
}

#[test]
fn tsne_draws_real_and_hallucinated_features_apart() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("data"), 5, 20)?;
    let draw = |out| {
        fewshot!(
            "tsne",
            "--weights",
            &weights,
            "--data",
            &data,
            "--hallucinate",
            "20",
            "--out",
            out
        )?
        .succeeded()
    };
    let (svg, again) = (folder.path().join("a.svg"), folder.path().join("b.svg"));
    draw(&svg)?;
    draw(&again)?;
    let text = fs::read_to_string(&svg)?;
    ensure!(text.trim_start().starts_with("<svg"), "not an SVG");
    ensure!(text == fs::read_to_string(&again)?, "the same seed, another drawing");
    for class in 0..5 {
        ensure!(text.contains(&fixture::name(class)), "the legend lacks class {class}");
    }
    ensure!(text.to_lowercase().contains("hallucinated"), "the legend lacks the hallucinated");
    let png = folder.path().join("a.png");
    draw(&png)?;
    ensure!(image::open(&png)?.width() > 300, "a picture large enough to read");
    Ok(())
}

#[test]
fn bench_reports_its_speed_as_json() -> Result<()> {
    for what in ["train", "encode"] {
        let lines = fewshot!(
            "bench",
            what,
            "--image-size",
            "32",
            "--batch",
            "4",
            "--threads",
            "1",
            "--json"
        )?
        .json_lines()?;
        let [line] = &lines[..] else { anyhow::bail!("{lines:?}") };
        ensure!(line["what"] == what && line["image_size"] == 32 && line["batch"] == 4, "{line}");
        ensure!(line["threads"] == 1, "{line}");
        let number = |key: &str| line[key].as_f64().with_context(|| key.to_owned());
        let product = number("images_per_second")? * number("ms_per_image")?;
        ensure!((product - 1000.0).abs() < 20.0, "{line}");
    }
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let seconds = ["--seconds", "0.1"];
    let own = fewshot!("bench", "encode", "--weights", &weights, seconds[0], seconds[1], "--json")?;
    let [line] = &own.json_lines()?[..] else { anyhow::bail!("one line") };
    ensure!(line["backbone"] == "conv4" && line["image_size"] == 32, "{line}");
    fewshot!("bench", "train", "--weights", &weights)?.refused(&["bench encode"])?;
    Ok(())
}

/// Each query by itself, whoever else is asked about and in whatever order.
#[test]
fn answers_depend_neither_on_order_nor_on_number_of_queries() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let support = fixture::classes(&folder.path().join("support"), 4, 3)?;
    // The same nine pictures under names that sort them otherwise.
    let [there, back] = ["there", "back"].map(|name| folder.path().join(name));
    for number in 0..9 {
        fixture::save(&there.join(format!("{number}.png")), number % 4, number + 5)?;
        fixture::save(&back.join(format!("{}.png", 8 - number)), number % 4, number + 5)?;
    }
    for (head, count) in [("prototype", "0"), ("prototype", "5"), ("ridge", "0")] {
        let ask = |query: &std::path::Path| -> Result<Vec<Value>> {
            let arguments = ["--head", head, "--hallucinate", count, "--json"].map(AsRef::as_ref);
            let paths = ["predict".as_ref(), "--weights".as_ref(), weights.as_os_str()];
            let folders = ["--support".as_ref(), support.as_os_str(), "--query".as_ref()];
            let all = paths.into_iter().chain(folders).chain([query.as_os_str()]).chain(arguments);
            fewshot_tests::command::fewshot(all)?.json_lines()
        };
        let unnamed = |mut line: Value| {
            line["image"] = Value::Null;
            line
        };
        let all: Vec<Value> = ask(&there)?.into_iter().map(unnamed).collect();
        let mut reversed: Vec<Value> = ask(&back)?.into_iter().map(unnamed).collect();
        reversed.reverse();
        ensure!(all == reversed, "{head}, M = {count}: the order changes answers");
        for (number, together) in all.iter().enumerate() {
            let alone = ask(&there.join(format!("{number}.png")))?.remove(0);
            ensure!(unnamed(alone) == *together, "{head}, M = {count}: company changes answers");
        }
    }
    Ok(())
}
