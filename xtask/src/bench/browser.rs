//! Encoding in Chromium against onnxruntime-web and TensorFlow.js, and what a visitor of the page
//! waits for. The measuring itself is JavaScript: `xtask/bench/browser/`.

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
const ENCODING: Goal = Goal { must: 2.2, aim: 3.0 };
const HALLUCINATION: Goal = Goal { must: 400.0, aim: 100.0 };
const FIRST_ANSWER: Goal = Goal { must: 1500.0, aim: 700.0 };
const MODULE: Goal = Goal { must: 300.0, aim: 200.0 };
const CODE: Goal = Goal { must: 80.0, aim: 80.0 };

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
    batch: usize,
    timed: BTreeMap<String, Vec<f64>>,
}

/// Milliseconds, a value for each repetition, and sizes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    hallucination: Vec<f64>,
    first_answer: Vec<f64>,
    bytes: Bytes,
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
    let (bench, site_server) = (serve::start(&page, 0, "/")?, serve::start(&site, 0, "/")?);
    step("encoding in Chromium, beside onnxruntime-web and TensorFlow.js; the page itself", || {
        let mut node = Command::new("node");
        node.arg(peers::sources(workspace).join("run.mjs")).arg(workspace.web()).arg(&chromium);
        node.args([&bench.address, &site_server.address]).arg(&site).arg(rounds.to_string());
        parse(&command::output(&mut node)?)
    })
}

fn parse(json: &str) -> Result<Browser> {
    let output: Output = serde_json::from_str(json)
        .with_context(|| format!("the browser's run printed `{json}`"))?;
    let mut versions = vec![format!("Chromium {}", output.chromium)];
    versions.extend(output.versions.iter().map(|(name, version)| format!("{name} {version}")));
    let duels = output.encoding.into_iter().map(duel).collect::<Result<_>>()?;
    Ok(Browser { versions, duels, page: output.page })
}

fn duel(encoding: Encoding) -> Result<Duel> {
    let Encoding { batch, mut timed } = encoding;
    let ours = timed.remove(OURS).context("the browser's run did not time the learner")?;
    let peers = timed.into_iter().map(|(name, ms)| Timed { name, ms }).collect();
    Ok(Duel {
        what: format!("encoding in Chromium, batch {batch}"),
        ours: Timed { name: OURS.into(), ms: ours },
        peers,
        goal: ENCODING,
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
        let Page { hallucination, first_answer, bytes } = &self.page;
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
        let rows = [
            time(
                "new answer with M = 100 for 5 classes, reference generator at its published sizes",
                hallucination,
                HALLUCINATION,
            ),
            time("first answer of a sample episode, from a cold start", first_answer, FIRST_ANSWER),
            size("WebAssembly after wasm-opt and brotli", bytes.wasm, MODULE),
            size("JavaScript and CSS after brotli", bytes.code, CODE),
        ];
        table::markdown(&["in the page", "", "must / aim", ""], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_prints_becomes_tables() {
        let browser = parse(
            r#"{"chromium":"140.0","versions":{"TensorFlow.js":"4.22.0"},
                "encoding":[{"batch":1,"timed":{"Fewshot":[2,2,2],"onnxruntime-web":[7,8,9],
                "TensorFlow.js":[6,6,8]}}],"hallucination":[300,310,290],
                "firstAnswer":[640,600,700],"bytes":{"wasm":250000,"code":50000}}"#,
        )
        .unwrap();
        assert_eq!(browser.versions, ["Chromium 140.0", "TensorFlow.js 4.22.0"]);
        let line = "| encoding in Chromium, batch 1 | 2.00 | 6.00 (TensorFlow.js) \
                    | **3.00** (3.00 to 4.00) | 2.2 / 3 | aim met |";
        assert!(browser.table().contains(line), "{}", browser.table());
        let page = browser.page_table();
        assert!(page.contains("| 300 ms (290 to 310) | 400 / 100 ms | must met |"), "{page}");
        assert!(page.contains("| 250 KB | 300 / 200 KB | must met |"), "{page}");
        assert!(parse(r#"{"chromium":"140.0"}"#).is_err());
    }
}
