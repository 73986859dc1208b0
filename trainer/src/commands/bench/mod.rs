//! `fewshot bench`: how long the learner's work takes on this machine, with
//! random weights (or a model's) and pictures that are in memory already. What other programs
//! take for the same is `cargo xtask bench`'s.

mod clock;
mod episode;
mod report;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{Device, Tensor};
use fewshot::config::{BackboneConfig, GeneratorConfig, GeneratorKind, ImageConfig, ModelConfig};
use fewshot::{Backbone, EpisodeShape, Model, rng};

use self::clock::Clock;
use self::episode::Episodes;
use self::report::Report;
use crate::cli::{BenchArgs, BenchWhat};
use crate::{device, output, weights};

const SEED: u64 = 0;

/// Runs the command.
///
/// # Errors
/// Where the sizes make no model, or there is too little memory or no device.
pub fn run(args: &BenchArgs) -> Result<()> {
    if let Some(threads) = args.threads {
        ensure!(threads > 0, "--threads 0 computes nothing; give at least 1");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build_global().context("the threads have been started already")?;
    }
    let allowed = 0.0..=3600.0;
    if !allowed.contains(&args.seconds) {
        bail!("--seconds {} is not a time to measure for; give 0 to 3600", args.seconds);
    }
    let device = device::pick(args.device)?;
    let clock = Clock { at_least: Duration::from_secs_f64(args.seconds), device: device.clone() };
    if args.weights.is_some() && args.what != BenchWhat::Encode {
        bail!("--weights is for `bench encode`; the others time fresh weights");
    }
    let report = match args.what {
        BenchWhat::Train => train(args, &device, &clock)?,
        BenchWhat::Encode => encode(args, &device, &clock)?,
        BenchWhat::Episode => {
            let config = config(args);
            let mut episodes = Episodes::new(&config, shape(args), args.hallucinate, device)?;
            let seconds = clock.time(|| episodes.step())?;
            Report::new(args.what, &config, episodes.pictures(), seconds)
        }
        BenchWhat::Profile => {
            let config = config(args);
            let mut episodes = Episodes::new(&config, shape(args), args.hallucinate, device)?;
            let stages = episodes.profile(&clock)?;
            let seconds = stages.in_turn().iter().map(|(_, seconds)| seconds).sum();
            Report::new(args.what, &config, episodes.pictures(), seconds).with_stages(&stages)
        }
    };
    output::line(if args.json { serde_json::to_string(&report)? } else { report.to_string() })
}

fn train(args: &BenchArgs, device: &Device, clock: &Clock) -> Result<Report> {
    let config = config(args);
    let variables = Model::init(&config, SEED, device)?.to_variables()?;
    let backbone = Backbone::new(&config, &variables)?;
    let images = pictures(&config, args.batch, device)?;
    let seconds = clock.time(|| {
        let features = backbone.forward_train(&images)?;
        features.sqr()?.mean_all()?.backward()?;
        Ok(())
    })?;
    Ok(Report::new(args.what, &config, args.batch, seconds))
}

fn encode(args: &BenchArgs, device: &Device, clock: &Clock) -> Result<Report> {
    let model = match &args.weights {
        Some(path) => weights::load(path, device)?,
        None => {
            let config = config(args);
            let parameters = Model::init(&config, SEED, device)?;
            Model::new(config, &parameters)?
        }
    };
    let config = model.config.clone();
    // As in the page: nothing but the network in the order of its kernels stays.
    let embedder = model.into_embedder()?;
    let images = pictures(&config, args.batch, device)?;
    let seconds = clock.time(|| {
        embedder.embed(&images)?;
        Ok(())
    })?;
    Ok(Report::new(args.what, &config, args.batch, seconds))
}

fn shape(args: &BenchArgs) -> EpisodeShape {
    EpisodeShape { ways: args.ways, shots: args.shots, queries: args.queries }
}

/// The backbone at its published size on RGB, and the reference generator where one is
/// asked for.
fn config(args: &BenchArgs) -> ModelConfig {
    let generator = GeneratorConfig::new(GeneratorKind::Reference, 2400);
    let backbone = BackboneConfig::all().into_iter().find(|kind| kind.name() == args.backbone);
    ModelConfig {
        backbone: backbone.unwrap_or_default(),
        generator: (args.hallucinate > 0).then_some(generator),
        ..ModelConfig::new(args.image_size, 3)
    }
}

/// Standard normal pixels, (count, C, S, S).
fn pictures(config: &ModelConfig, count: usize, device: &Device) -> Result<Tensor> {
    let ImageConfig { size, channels, .. } = config.image;
    Ok(rng::normal(&mut rng::rng(SEED, 1), (count, channels, size, size), device)?)
}
