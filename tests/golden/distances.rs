//! The three distances and their gradients.

use anyhow::{Context, Result};
use candle_core::Var;
use fewshot::Distance;
use fewshot_tests::{golden::Golden, pattern};

#[test]
fn distances_and_gradients_equal_pytorchs() -> Result<()> {
    let golden = Golden::new(include_bytes!("distances.safetensors"))?;
    for distance in Distance::ALL {
        let queries = Var::from_tensor(&pattern::tensor(1, (7, 12))?)?;
        let prototypes = Var::from_tensor(&pattern::tensor(2, (4, 12))?)?;
        let actual = distance.pairwise(&queries, &prototypes)?;
        golden.check(&format!("{distance}.distance"), &actual, 1e-5)?;
        let gradients = (actual * pattern::tensor(3, (7, 4))?)?.sum_all()?.backward()?;
        for (name, var) in [("queries", &queries), ("prototypes", &prototypes)] {
            let gradient = gradients.get(var).context("no gradient")?;
            golden.check(&format!("{distance}.{name}"), gradient, 1e-4)?;
        }
    }
    Ok(())
}
