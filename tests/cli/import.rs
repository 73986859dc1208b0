//! `fewshot import`: files as PyTorch saves them (made by `torch/make.py`), and what can be
//! wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Tensor};
use fewshot::config::{BackboneConfig, EfficientNetLite0Config, ModelConfig, ResNet12Config};
use fewshot::{Checkpoint, Model, Parameters};
use fewshot_tests::command::Outcome;
use fewshot_tests::{fewshot, fixture, pattern};

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cli/torch").join(name)
}

fn import(from: &Path, backbone: &str, out: &Path) -> Result<Outcome> {
    let precision = ["--precision", "f32"];
    fewshot!(
        "import",
        "--torch",
        from,
        "--backbone",
        backbone,
        "--out",
        out,
        precision[0],
        precision[1]
    )
}

/// Checks that `file` holds what the formulas give, to `tolerance`.
fn holds(file: &Path, expected: &ModelConfig, tolerance: f32) -> Result<()> {
    let read = Checkpoint::from_bytes(&fs::read(file)?)?;
    ensure!(read.config.backbone == expected.backbone, "{:?}", read.config);
    let expected = pattern::parameters(&ModelConfig { generator: None, ..expected.clone() })?;
    let names = |parameters: &Parameters| -> Vec<String> {
        parameters.iter().map(|(name, _)| name.to_owned()).collect()
    };
    ensure!(names(&read.parameters) == names(&expected), "{:?}", names(&read.parameters));
    for ((name, actual), (_, expected)) in read.parameters.iter().zip(expected.iter()) {
        let off = (actual - expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
        ensure!(off <= tolerance, "{name} is off by {off}");
    }
    Ok(())
}

#[test]
fn conv4_comes_out_of_both_forms_of_files() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let expected = pattern::config(32, 3, 2, None);
    for name in ["conv4.pth", "conv4-stream.pth"] {
        let out = folder.path().join("out.safetensors");
        let told = import(&stored(name), "conv4", &out)?.succeeded()?;
        ensure!(told.stderr.contains("2 tensors") && told.stderr.contains("module.fc.bias"));
        ensure!(told.stderr.contains("--image-size"), "{}", told.stderr);
        holds(&out, &expected, 0.0).context(name)?;
    }
    Ok(())
}

#[test]
fn resnet12_comes_out_of_half_precision_with_channels_last() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("out.safetensors");
    let told = import(&stored("resnet12.pt"), "resnet12", &out)?.succeeded()?;
    ensure!(told.stdout.contains("resnet12") && told.stdout.contains("4 features"));
    let backbone = BackboneConfig::ResNet12(ResNet12Config { channels: [2, 3, 2, 4] });
    holds(&out, &ModelConfig { backbone, ..ModelConfig::new(84, 3) }, 1e-3)
}

#[test]
fn efficientnet_lite0_is_imported_and_classifies() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let backbone = BackboneConfig::EfficientNetLite0(EfficientNetLite0Config::default());
    let config = ModelConfig { backbone, ..ModelConfig::new(224, 3) };
    let parameters = Model::init(&config, 1, &Device::Cpu)?;
    let mut tensors: std::collections::HashMap<_, _> = parameters
        .iter()
        .map(|(name, tensor)| (name.replace("encoder.", "module."), tensor.clone()))
        .collect();
    let classifier = Tensor::zeros((10, 1280), DType::F32, &Device::Cpu)?;
    tensors.insert("module._fc.weight".to_owned(), classifier);
    let from = folder.path().join("net.safetensors");
    candle_core::safetensors::save(&tensors, &from)?;

    let out = folder.path().join("out.safetensors");
    let (size, pooled) = (["--image-size", "64"], ["--pooled", "4,14"]);
    let mut arguments = vec!["import", "--backbone", "efficientnet-lite0"];
    arguments.extend(size.into_iter().chain(pooled));
    let mut command = fewshot_tests::command::command(arguments)?;
    command.arg("--torch").arg(&from).arg("--out").arg(&out);
    let told = fewshot_tests::command::finish(&mut command)?.succeeded()?;
    ensure!(told.stdout.contains("1512 features"), "{}", told.stdout);
    ensure!(told.stderr.contains("64 x 64") && told.stderr.contains("0.4980"), "{}", told.stderr);
    ensure!(told.stderr.contains("1 tensors") && told.stderr.contains("_fc.weight"));
    let half = fs::metadata(&out)?.len();
    ensure!(half < 7_200_000, "{half} bytes");

    let support = fixture::classes(&folder.path().join("support"), 3, 1)?;
    let told = fewshot!(
        "predict",
        "--weights",
        &out,
        "--support",
        &support,
        "--query",
        &support,
        "--json"
    )?;
    ensure!(told.json_lines()?.len() == 3);
    let info = fewshot!("info", &out)?.succeeded()?.stdout;
    ensure!(info.contains("efficientnet-lite0, blocks [4, 14] pooled"), "{info}");
    Ok(())
}

#[test]
fn the_documents_show_the_scripts_that_are_run() -> Result<()> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(tests.join("../docs/interop.md"))?;
    for name in ["conv4.py", "efficientnet_lite0.py", "answer.py"] {
        let script = fs::read_to_string(tests.join("interop").join(name))?;
        ensure!(document.contains(&format!("```python\n{script}```")), "docs/interop.md: {name}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_imported_is_named_with_the_cure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("out.safetensors");
    let refuse = |from: &Path, backbone: &str, told: &[&str]| {
        import(from, backbone, &out)?.refused(told).with_context(|| from.display().to_string())
    };
    refuse(&stored("conv4.pth"), "resnet12", &["conv4.pth", "module.encoder.0.0", "--backbone"])?;
    refuse(&stored("missing.pth"), "conv4", &["missing.pth", "check the path"])?;

    let write = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = folder.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    };
    for name in ["conv4.pth", "conv4-stream.pth"] {
        let bytes = fs::read(stored(name))?;
        for part in [20, bytes.len() / 3, bytes.len() - 40] {
            let torn = write("torn.pth", &bytes[..part])?;
            refuse(&torn, "conv4", &["torn.pth", "truncated"])?;
        }
    }
    refuse(&write("page.pth", b"<!doctype html>")?, "conv4", &["page.pth", "torch.save"])?;

    let mut parameters = fixture::checkpoint()?;
    parameters.parameters.remove_prefix("encoder.2.1.running_mean");
    let tensors: std::collections::HashMap<_, _> =
        parameters.parameters.iter().map(|(name, tensor)| (name, tensor.clone())).collect();
    let partial = folder.path().join("partial.safetensors");
    candle_core::safetensors::save(&tensors, &partial)?;
    refuse(&partial, "conv4", &["partial.safetensors", "2.1.running_mean", "state_dict"])
}
