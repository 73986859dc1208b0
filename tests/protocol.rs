//! What crosses between Rust and TypeScript is written once, in Rust: the page's file of types is
//! that of `wasm/src/types.rs`.
//!
//! Here and not beside the types: with the crate of the page among what is tested natively, cargo
//! would choose other features for what both need, and build all of it twice.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fewshot::{Context, Distance, GeneratorKind, HeadKind};
use serde::Serialize;
use ts_rs::{Config, TS};

#[expect(dead_code, reason = "only their shape is asked for")]
#[path = "../wasm/src/types.rs"]
mod types;

const FILE: &str = "web/package/src/types.ts";
const HEAD: &str = "\
/**
 * What crosses between TypeScript and the learner in WebAssembly. Written by `cargo xtask types`
 * from `wasm/src/types.rs`: change it there.
 */
";
/// Writes the file instead of comparing it.
const RENEW: &str = "FEWSHOT_RENEW";

#[test]
fn the_pages_types_are_those_of_the_learner() -> Result<()> {
    let expected = typescript()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FILE);
    if std::env::var_os(RENEW).is_some() {
        return fs::write(path, expected).context(FILE);
    }
    let actual = fs::read_to_string(path).context(FILE)?;
    ensure!(
        bare(&actual) == bare(&expected),
        "{FILE} is not what wasm/src/types.rs says: run `cargo xtask types`"
    );
    Ok(())
}

fn typescript() -> Result<String> {
    let mut file = HEAD.to_owned();
    values(&mut file, "Head", "What is fitted to the examples and scores.", HeadKind::ALL)?;
    values(&mut file, "Distance", "Between features.", Distance::ALL)?;
    values(&mut file, "Context", "What a query's answer may depend on.", Context::ALL)?;
    values(&mut file, "Generator", "What hallucinates.", GeneratorKind::ALL)?;
    declare::<types::ModelInfo>(&mut file)?;
    declare::<types::Temperatures>(&mut file)?;
    declare::<types::ClassSpec>(&mut file)?;
    declare::<types::TaskSpec>(&mut file)?;
    declare::<types::Classification>(&mut file)?;
    declare::<types::QueryResult>(&mut file)?;
    declare::<types::Neighbour>(&mut file)?;
    declare::<types::ProjectionMethod>(&mut file)?;
    declare::<types::ProjectionPoint>(&mut file)?;
    declare::<types::PointKind>(&mut file)?;
    declare::<types::Occlusion>(&mut file)?;
    declare::<types::EvaluationSpec>(&mut file)?;
    declare::<types::Evaluation>(&mut file)?;
    declare::<types::GivenAnswer>(&mut file)?;
    declare::<types::LearnerFailure>(&mut file)?;
    Ok(file)
}

fn declare<T: TS>(file: &mut String) -> Result<()> {
    // Seeds and counts are numbers of JavaScript's, which are whole up to 2⁵³.
    let config = Config::new().with_large_int("number");
    writeln!(file, "\n{}export {}", T::docs().unwrap_or_default(), T::decl(&config))?;
    Ok(())
}

/// An enum of the learner: every value, in the order they are offered, and the type of one.
fn values<T: Serialize, const N: usize>(
    file: &mut String,
    name: &str,
    what: &str,
    all: [T; N],
) -> Result<()> {
    let constant = format!("{}S", name.to_uppercase());
    let values = serde_json::to_string(&all.as_slice())?;
    writeln!(file, "\n/** {what} */")?;
    writeln!(file, "export const {constant} = {values} as const;")?;
    writeln!(file, "export type {name} = (typeof {constant})[number];")?;
    Ok(())
}

/// Without what Biome changes, which lays the file out: no two types differ in that alone.
fn bare(typescript: &str) -> String {
    let is_layout = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    typescript.chars().filter(|&c| !is_layout(c)).collect()
}
