//! `README.md` beside the models: a card for each, made from the manifest alone.

use std::fmt::Write;

use super::manifest::{Entry, Manifest, Score};
use crate::data::KNOWN;

/// The whole document.
pub fn text(manifest: &Manifest) -> String {
    let mut text = String::from(
        "# Models\n\n\
         Made by `fewshot publish`, which writes this file and `manifest.json`; change neither by \
         hand. Scores are accuracies in % with half of their 95 % interval over 10,000 episodes, \
         15 queries a class, seed 0, BatchNorm in inference mode, of the file as it is stored. \
         Weights were chosen on the validation classes; the test classes were opened once.\n\n\
         | model | file | size | data | test 5-way 1-shot | test 5-way 5-shot |\n\
         |---|---|---|---|---|---|\n",
    );
    for entry in &manifest.models {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| [{title}](#{}) | [`{file}`]({file}) | {:.2} MB | {} | {} | {} |",
            anchor(entry),
            megabytes(entry),
            entry.data,
            cell(entry, "test", "5w1s"),
            cell(entry, "test", "5w5s"),
            title = entry.title,
            file = entry.file,
        );
    }
    for entry in &manifest.models {
        text.push('\n');
        text.push_str(&card(entry));
    }
    text
}

fn card(entry: &Entry) -> String {
    let mut text = format!("## {}\n\n", heading(entry));
    let _ = writeln!(
        text,
        "- **File**: `{}`, {:.2} MB, SHA-256 `{}`",
        entry.file,
        megabytes(entry),
        entry.sha256
    );
    let _ = writeln!(text, "- **Data**: {}; {}", about(&entry.data), entry.split);
    for also in &entry.also {
        let _ = writeln!(
            text,
            "- **Also**: {}; its training classes taught the generator, its validation classes \
             had a say in every choice",
            about(also)
        );
    }
    let _ = writeln!(
        text,
        "- **Made by**: recipe `{}`, seed {}, {} minutes",
        entry.recipe, entry.seed, entry.wall_minutes
    );
    if let Some(note) = &entry.note {
        let _ = writeln!(text, "- **Note**: {note}");
    }
    text.push_str("\n| classes | ");
    let protocols: Vec<&String> =
        entry.scores.values().next().into_iter().flat_map(|scores| scores.keys()).collect();
    let named = protocols.iter().map(|name| in_words(name)).collect::<Vec<_>>();
    let _ = writeln!(text, "{} |\n|---|{}", named.join(" | "), "---|".repeat(named.len()));
    for split in ["val", "test"] {
        if entry.scores.contains_key(split) {
            let cells = protocols.iter().map(|protocol| cell(entry, split, protocol));
            let _ = writeln!(text, "| {split} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
    let id = &entry.id;
    let data = if entry.data == "synthetic" { "" } else { " --data DIR" };
    let also = " --also DIR".repeat(entry.also.len());
    let _ = write!(
        text,
        "\n```sh\n\
         fewshot train --recipe {}{data}{also} --out runs/{id}\n\
         fewshot eval --weights weights/{}{data} --shots 1,5 --episodes 10000\n\
         ```\n",
        entry.recipe, entry.file
    );
    text
}

/// What a data set is and on what terms, as far as it is known by name.
fn about(data: &str) -> String {
    let known = KNOWN.iter().find(|set| set.name == data || set.name == format!("{data}-200"));
    match known {
        Some(set) => {
            format!("{data}: {}. Published at {}. Terms: {}", set.about, set.published, set.terms)
        }
        None if data == "synthetic" => "the built-in procedural data set; no terms".into(),
        None => format!("{data}: a folder of its maker's own"),
    }
}

fn heading(entry: &Entry) -> String {
    format!("{} (`{}`)", entry.title, entry.id)
}

/// The address that a forge gives the heading: small letters, hyphens for blanks.
fn anchor(entry: &Entry) -> String {
    let kept = heading(entry).to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn cell(entry: &Entry, split: &str, protocol: &str) -> String {
    let score = entry.scores.get(split).and_then(|scores| scores.get(protocol));
    score.map_or_else(
        || "–".into(),
        |Score { accuracy, ci95 }| format!("{:.2} ± {:.2}", 100.0 * accuracy, 100.0 * ci95),
    )
}

/// `5w1s` as "5-way 1-shot".
pub fn in_words(protocol: &str) -> String {
    match protocol.trim_end_matches('s').split_once('w') {
        Some((ways, shots)) => format!("{ways}-way {shots}-shot"),
        None => protocol.to_owned(),
    }
}

fn megabytes(entry: &Entry) -> f64 {
    entry.bytes as f64 / 1e6
}
