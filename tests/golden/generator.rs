//! Both forms of the generator with given noise, dropout off: features, and the
//! gradients of seeds and parameters.

use anyhow::{Context, Result};
use candle_core::Var;
use fewshot::{Generator, GeneratorKind};
use fewshot_tests::{golden::Golden, pattern};

#[test]
fn generated_features_and_gradients_equal_pytorchs() -> Result<()> {
    let golden = Golden::new(include_bytes!("generator.safetensors"))?;
    for (form, kind) in
        [("reference", GeneratorKind::Reference), ("residual", GeneratorKind::Residual)]
    {
        let config = pattern::config(16, 3, 10, Some((kind, 14)));
        let parameters = pattern::parameters(&config)?;
        let generator = Generator::new(&config, &parameters)?;
        let seeds = Var::from_tensor(&pattern::tensor(1, (3, 10))?)?;
        let features = generator.hallucinate(&seeds, &pattern::tensor(2, (3, 5, 10))?)?;
        golden.check(&format!("{form}.features"), &features, 1e-5)?;
        let weights = pattern::tensor(3, features.shape())?;
        let gradients = (features * weights)?.sum_all()?.backward()?;
        let of_seeds = gradients.get(&seeds).context("no gradient of the seeds")?;
        golden.check(&format!("{form}.seeds"), of_seeds, 1e-4)?;
        for (name, var) in parameters.trainable()? {
            if name.starts_with("generator.") {
                let gradient = gradients.get(&var).with_context(|| name.clone())?;
                golden.check(&format!("{form}.{name}"), gradient, 1e-4)?;
            }
        }
    }
    Ok(())
}
