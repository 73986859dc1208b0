//! Writes the good files that each target starts from to `corpus/TARGET/`.

use std::fs;
use std::path::Path;

use anyhow::Result;
use fewshot_tests::hostile::TARGETS;

fn main() -> Result<()> {
    for target in TARGETS {
        let folder = Path::new("corpus").join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)()?.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
