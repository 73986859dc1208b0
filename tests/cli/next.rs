//! `fewshot next`: the pictures to label next, and what asking so is worth.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use fewshot_tests::{fewshot, fixture};

#[test]
fn next_names_the_doubtful_first_and_each_kind_of_picture_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let support = fixture::classes(&folder.path().join("support"), 2, 2)?;
    let queries = folder.path().join("queries");
    // Five kinds of pictures, of which the model knows two, each there five times.
    let kinds = [0, 1, 2, 5, 9];
    for kind in kinds {
        for copy in 0..5 {
            fixture::save(&queries.join(format!("kind{kind}/{copy}.png")), kind, 0)?;
        }
    }
    let ask = || {
        fewshot!(
            "next",
            "--weights",
            &weights,
            "--support",
            &support,
            "--query",
            &queries,
            "--count",
            "5",
            "--json"
        )?
        .json_lines()
    };
    let lines = ask()?;
    ensure!(lines.len() == 5 && lines == ask()?, "{lines:?}");
    let named: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["image"].as_str()?.split_once('/').map(|(kind, _)| kind))
        .collect();
    ensure!(named.len() == kinds.len(), "{lines:?}");
    let mut before = 1.0;
    for line in &lines {
        let probabilities = line["probabilities"].as_object().context("probabilities")?;
        let [one, other] = [0, 1].map(|class| probabilities[&fixture::name(class)].as_f64());
        let margin = (one.context("a number")? - other.context("a number")?).abs();
        let doubt = line["doubt"].as_f64().context("doubt")?;
        ensure!((doubt - (1.0 - margin)).abs() < 1e-5 && doubt <= before, "{line}");
        before = doubt;
    }
    // For people, and where fewer are there than asked for.
    let text = fewshot!(
        "next",
        "--weights",
        &weights,
        "--support",
        &support,
        "--query",
        &queries.join("kind2")
    )?
    .succeeded()?
    .stdout;
    ensure!(text.lines().count() == 5 && text.contains("0.png: class"), "{text}");
    fewshot!("next", "--weights", &weights, "--support", &support, "--query", &support.join("no"))?
        .refused(&["no: check the path"])?;
    Ok(())
}

#[test]
fn its_worth_is_measured_beside_chance_and_repeats() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let weights = fixture::weights(folder.path())?;
    let data = fixture::classes(&folder.path().join("data"), 6, 20)?;
    let measure = |ways: &str| {
        let arguments = ["--ways", ways, "--draws", "4", "--count", "2", "--json"];
        let paths = ["next".as_ref(), "--weights".as_ref(), weights.as_os_str(), "--data".as_ref()];
        let all = paths.into_iter().chain([data.as_os_str()]);
        fewshot_tests::command::fewshot(all.chain(arguments.map(AsRef::as_ref)))
    };
    let mut lines = measure("5")?.json_lines()?;
    let mut again = measure("5")?.json_lines()?;
    for line in lines.iter_mut().chain(&mut again) {
        line["seconds"] = 0.into();
    }
    ensure!(lines == again, "the same seed, other numbers");
    let [line] = &lines[..] else { anyhow::bail!("{lines:?}") };
    let number = |key: &str| line[key].as_f64().with_context(|| format!("{key} of {line}"));
    ensure!(line["ways"] == 5 && line["draws"] == 4 && line["split"] == "test", "{line}");
    let saved = number("random")? - number("next")?;
    ensure!((number("saved")? - saved).abs() < 1e-9, "{line}");
    for labels in ["random", "next"] {
        ensure!((5.0..=number("pool")?).contains(&number(labels)?), "{line}");
    }
    measure("7")?.refused(&["--ways is 7", "6 classes"])?;
    Ok(())
}
