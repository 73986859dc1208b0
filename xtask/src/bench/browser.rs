//! Encoding in Chromium against onnxruntime-web, TensorFlow.js and LiteRT.js, and what a visitor of
//! the page waits for. The measuring itself is JavaScript: `xtask/bench/browser/`.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::ratio::{Duel, Goal, Spread, Timed};
use super::{peers, table};
use crate::cli::Web;
use crate::progress::step;
use crate::setup::browser::CHROMIUM;
use crate::workspace::Workspace;
use crate::{command, serve, web};

const OURS: &str = "Fewshot";
const LITERT: &str = "LiteRT.js";
/// Whose goals are told apart by the peer.
const EFFICIENTNET: &str = "EfficientNet-Lite0";
const ENCODING: Goal = Goal { must: 2.2, aim: 3.0 };
const EFFICIENTNET_OTHERS: Goal = Goal { must: 1.6, aim: 2.2 };
const EFFICIENTNET_LITERT: Goal = Goal { must: 0.9, aim: 1.2 };
const HALLUCINATION: Goal = Goal { must: 300.0, aim: 100.0 };
const FIRST_ANSWER: Goal = Goal { must: 2000.0, aim: 1000.0 };
const PHOTOGRAPHS: Goal = Goal { must: 1.7, aim: 1.7 };
const CAMERA: Goal = Goal { must: 10.0, aim: 10.0 };
const MODULE: Goal = Goal { must: 320.0, aim: 320.0 };
const CODE: Goal = Goal { must: 60.0, aim: 45.0 };

/// What was measured.
pub struct Browser {
    pub versions: Vec<String>,
    duels: Vec<Duel>,
    page: Page,
}

/// What `run.mjs` prints.
#[derive(Deserialize)]
struct Output {
    chromium: String,
    versions: BTreeMap<String, String>,
    encoding: Vec<Encoding>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
struct Encoding {
    network: String,
    batch: usize,
    timed: BTreeMap<String, Vec<f64>>,
}

/// Milliseconds, a value for each repetition, and sizes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    hallucination: Vec<f64>,
    /// Of one picture, by model.
    embedding: BTreeMap<String, Vec<f64>>,
    first_answer: Vec<f64>,
    photographs: Photographs,
    /// Answers a second, second by second.
    camera: Vec<f64>,
    bytes: Bytes,
}

/// Milliseconds for all of them, by one encoder and by as many as the page takes.
#[derive(Deserialize)]
struct Photographs {
    one: Vec<f64>,
    all: Vec<f64>,
    megabytes: Megabytes,
}

/// Of the process that renders the page, at its peak.
#[derive(Deserialize)]
struct Megabytes {
    one: u64,
    all: u64,
}

/// After brotli.
#[derive(Deserialize)]
struct Bytes {
    wasm: u64,
    code: u64,
}

pub fn run(workspace: &Workspace, rounds: usize) -> Result<Browser> {
    let site = web::run(workspace, &Web::default())?;
    let chromium = CHROMIUM.ensure()?;
    let page = peers::lay_out(workspace)?;
    let (bench, site_server) = (served(&page)?, served(&site)?);
    step("encoding in Chromium, beside its peers; the page itself", || {
        let mut node = Command::new("node");
        node.arg(peers::sources(workspace).join("run.mjs")).arg(workspace.web()).arg(&chromium);
        node.args([&bench.address, &site_server.address]).arg(&site).arg(rounds.to_string());
        node.arg(peers::packages(workspace)).args(peers::MODELS);
        parse(&command::output(&mut node)?)
    })
}

fn parse(json: &str) -> Result<Browser> {
    let output: Output = serde_json::from_str(json)
        .with_context(|| format!("the browser's run printed `{json}`"))?;
    let mut versions = vec![format!("Chromium {}", output.chromium)];
    versions.extend(output.versions.iter().map(|(name, version)| format!("{name} {version}")));
    let duels = output.encoding.into_iter().map(duels).collect::<Result<Vec<_>>>()?.concat();
    Ok(Browser { versions, duels, page: output.page })
}

fn duels(encoding: Encoding) -> Result<Vec<Duel>> {
    let Encoding { network, batch, mut timed } = encoding;
    let ours = timed.remove(OURS).context("the browser's run did not time the learner")?;
    let duel = |against: &str, goal, counts: &dyn Fn(&str) -> bool| Duel {
        what: format!("{network} in Chromium, batch {batch}{against}"),
        ours: Timed { name: OURS.into(), ms: ours.clone() },
        peers: timed
            .iter()
            .filter(|(name, _)| counts(name))
            .map(|(name, ms)| Timed { name: name.clone(), ms: ms.clone() })
            .collect(),
        goal,
    };
    Ok(match network.as_str() {
        EFFICIENTNET => vec![
            duel("", EFFICIENTNET_OTHERS, &|name| name != LITERT),
            duel(", LiteRT.js", EFFICIENTNET_LITERT, &|name| name == LITERT),
        ],
        _ => vec![duel("", ENCODING, &|_| true)],
    })
}

impl Browser {
    pub fn table(&self) -> String {
        format!(
            "{}\n\n<details><summary>every contender</summary>\n\n{}\n\n</details>",
            table::duels(&self.duels),
            table::contenders(&self.duels)
        )
    }

    /// What a visitor waits for.
    pub fn page_table(&self) -> String {
        let Page { hallucination, embedding, first_answer, photographs, camera, bytes } =
            &self.page;
        let time = |what: &str, ms: &[f64], goal| {
            let Spread { min, median, max } = Spread::of(ms);
            table::figure(
                what,
                format!("{median:.0} ms ({min:.0} to {max:.0})"),
                median,
                goal,
                "ms",
            )
        };
        let size = |what: &str, bytes: u64, goal| {
            let kilobytes = bytes as f64 / 1e3;
            table::figure(what, format!("{kilobytes:.0} KB"), kilobytes, goal, "KB")
        };
        let mut rows: Vec<_> =
            embedding.iter().map(|(model, ms)| embedded(model, &Spread::of(ms))).collect();
        rows.extend([
            time(
                "new answer with M = 100 for 5 classes, reference generator at its published sizes",
                hallucination,
                HALLUCINATION,
            ),
            time("first answer of a sample episode, from a cold start", first_answer, FIRST_ANSWER),
            several(photographs),
            live(camera),
            size("the larger WebAssembly module, wasm-opt and brotli", bytes.wasm, MODULE),
            size("JavaScript and CSS of every visit, after brotli", bytes.code, CODE),
        ]);
        table::markdown(&["in the page", "", "must / aim", ""], &rows)
    }
}

/// No goal: what a picture costs is a model's choice, and is to be known.
fn embedded(model: &str, Spread { min, median, max }: &Spread) -> Vec<String> {
    vec![
        format!("a picture of 640x480 pixels, made small and encoded by `{model}`"),
        format!("{median:.1} ms ({min:.1} to {max:.1})"),
        "–".into(),
        "–".into(),
    ]
}

/// What the page tells of itself while it looks through the camera.
fn live(rates: &[f64]) -> Vec<String> {
    let Spread { min, median, max } = Spread::of(rates);
    vec![
        "live camera with the default model".into(),
        format!("{median:.0} answers a second ({min:.0} to {max:.0})"),
        format!("{:.0} a second", CAMERA.must),
        CAMERA.at_least(median).to_string(),
    ]
}

/// What several encoders are worth, round by round.
fn several(Photographs { one, all, megabytes }: &Photographs) -> Vec<String> {
    let ratios: Vec<f64> = one.iter().zip(all).map(|(one, all)| one / all).collect();
    let ratio = Spread::of(&ratios).median;
    let seconds = |ms: &[f64]| Spread::of(ms).median / 1e3;
    vec![
        "200 photographs of 12 megapixels, several encoders against one".into(),
        format!(
            "**{ratio:.2}** times: {:.1} s for {:.1} s; {} MB for {} MB at most",
            seconds(all),
            seconds(one),
            megabytes.all,
            megabytes.one
        ),
        format!("{} times", PHOTOGRAPHS.must),
        PHOTOGRAPHS.at_least(ratio).to_string(),
    ]
}

/// Each on a port of its own.
fn served(folder: &std::path::Path) -> Result<serve::Site> {
    serve::start(serve::listen(Some(0))?, folder, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_prints_becomes_tables() {
        let browser = parse(
            r#"{"chromium":"140.0","versions":{"TensorFlow.js":"4.22.0"},
                "encoding":[{"network":"Conv-4","batch":1,"timed":{"Fewshot":[2,2,2],
                "onnxruntime-web":[7,8,9],"TensorFlow.js":[6,6,8]}},
                {"network":"EfficientNet-Lite0","batch":1,"timed":{"Fewshot":[20,20,20],
                "LiteRT.js":[22,22,22],"TensorFlow.js":[50,50,50]}}],
                "hallucination":[200,210,190],
                "embedding":{"photos":[20,22,21]},"firstAnswer":[1640,1600,1700],
                "photographs":{"one":[36000,36000],"all":[20000,20000],
                "megabytes":{"one":400,"all":700}},"camera":[11,12,14],
                "bytes":{"wasm":250000,"code":50000}}"#,
        )
        .unwrap();
        assert_eq!(browser.versions, ["Chromium 140.0", "TensorFlow.js 4.22.0"]);
        let table = browser.table();
        for line in [
            "| Conv-4 in Chromium, batch 1 | 2.00 | 6.00 (TensorFlow.js) \
             | **3.00** (3.00 to 4.00) | 2.2 / 3 | aim met |",
            "| EfficientNet-Lite0 in Chromium, batch 1 | 20.0 | 50.0 (TensorFlow.js) \
             | **2.50** (2.50 to 2.50) | 1.6 / 2.2 | aim met |",
            "| EfficientNet-Lite0 in Chromium, batch 1, LiteRT.js | 20.0 | 22.0 (LiteRT.js) \
             | **1.10** (1.10 to 1.10) | 0.9 / 1.2 | must met |",
        ] {
            assert!(table.contains(line), "{table}");
        }
        let page = browser.page_table();
        for line in [
            "encoded by `photos` | 21.0 ms (20.0 to 22.0) | – | – |",
            "| 200 ms (190 to 210) | 300 / 100 ms | must met |",
            "| **1.80** times: 20.0 s for 36.0 s; 700 MB for 400 MB at most | 1.7 times | aim met |",
            "| 12 answers a second (11 to 14) | 10 a second | aim met |",
            "| 250 KB | 320 / 320 KB | aim met |",
        ] {
            assert!(page.contains(line), "{page}");
        }
        assert!(parse(r#"{"chromium":"140.0"}"#).is_err());
    }
}
