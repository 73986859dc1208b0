//! Training and encoding natively, against PyTorch and, for encoding, onnxruntime.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::ratio::{Duel, Goal, Timed};
use super::table;
use super::torch::{self, Engine, Torch};
use crate::command;
use crate::progress::step;
use crate::trainer;
use crate::workspace::Workspace;

/// Of both sides, where a batch is shared out.
pub const THREADS: usize = 2;

/// A piece of work that both sides can do.
pub struct Task {
    /// As `fewshot bench` and the script call it.
    pub command: &'static str,
    what: &'static str,
    /// As `fewshot bench` and the script call it.
    pub network: &'static str,
    pub image_size: usize,
    pub batch: usize,
    /// Of both sides.
    pub threads: usize,
    /// Ways, shots and queries.
    pub episode: (usize, usize, usize),
    /// How long one measurement takes.
    pub seconds: f64,
    goals: &'static [Against],
}

/// What is asked for beside some of the peers.
struct Against {
    /// Said of the line where there is more than one.
    named: &'static str,
    counts: fn(Engine) -> bool,
    goal: Goal,
}

const fn against_all(must: f64, aim: f64) -> Against {
    Against { named: "", counts: |_| true, goal: Goal { must, aim } }
}

const TASKS: [Task; 4] = [
    Task {
        command: "train",
        what: "training step, batch 64",
        network: "conv4",
        image_size: 84,
        batch: 64,
        threads: THREADS,
        episode: (5, 5, 15),
        seconds: 1.0,
        goals: &[against_all(2.5, 3.0)],
    },
    Task {
        command: "encode",
        what: "encoding, batch 25",
        network: "conv4",
        image_size: 84,
        batch: 25,
        threads: THREADS,
        episode: (5, 5, 15),
        seconds: 0.5,
        goals: &[against_all(2.0, 4.0)],
    },
    Task {
        command: "encode",
        // One picture is one thread's work, natively as in the page.
        what: "EfficientNet-Lite0 at 224 pixels, batch 1, one thread",
        network: "efficientnet-lite0",
        image_size: 224,
        batch: 1,
        threads: 1,
        episode: (5, 5, 15),
        seconds: 0.5,
        goals: &[
            Against {
                named: ", against PyTorch",
                counts: |engine| engine != Engine::Onnxruntime,
                goal: Goal { must: 1.5, aim: 2.0 },
            },
            Against {
                named: ", against onnxruntime",
                counts: |engine| engine == Engine::Onnxruntime,
                goal: Goal { must: 0.8, aim: 1.0 },
            },
        ],
    },
    Task {
        command: "episode",
        what: "training episode, 5-way 5-shot, 15 queries",
        network: "conv4",
        image_size: 84,
        batch: 100,
        threads: THREADS,
        episode: (5, 5, 15),
        seconds: 1.5,
        goals: &[against_all(2.5, 3.0)],
    },
];

/// What was measured.
pub struct Native {
    pub versions: [String; 2],
    duels: Vec<Duel>,
    /// Of a 20-way 5-shot training episode.
    peak_memory_bytes: Option<u64>,
}

/// What `fewshot bench --json` prints, as far as it is needed.
#[derive(Deserialize)]
pub struct Report {
    pub ms_per_batch: f64,
    pub peak_memory_bytes: Option<u64>,
    #[serde(default)]
    pub stages_ms: Vec<(String, f64)>,
    pub pictures_ms: Option<f64>,
}

/// The trainer's command, built for release.
pub struct Trainer(PathBuf);

impl Trainer {
    pub fn build(workspace: &Workspace) -> Result<Self> {
        Ok(Self(trainer::build(workspace)?))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Runs `fewshot bench` with these arguments, on two threads.
    pub fn bench(&self, arguments: &[&str]) -> Result<Report> {
        self.bench_on(THREADS, arguments)
    }

    fn bench_on(&self, threads: usize, arguments: &[&str]) -> Result<Report> {
        let threads = threads.to_string();
        let mut process = Command::new(&self.0);
        process.args(["bench", "--json", "--threads", &threads]).args(arguments);
        // Candle's matrix product takes its number of threads from here.
        process.env("RAYON_NUM_THREADS", &threads).stderr(Stdio::null());
        parse(&command::output(&mut process)?)
    }

    fn time(&self, task: &Task) -> Result<f64> {
        let size = task.image_size.to_string();
        let (batch, seconds) = (task.batch.to_string(), task.seconds.to_string());
        let (ways, shots, queries) = task.episode;
        let [ways, shots, queries] = [ways, shots, queries].map(|count| count.to_string());
        let mut arguments = vec![task.command, "--backbone", task.network];
        arguments.extend(["--image-size", &size, "--seconds", &seconds]);
        arguments.extend(["--batch", &batch, "--ways", &ways]);
        arguments.extend(["--shots", &shots, "--queries", &queries]);
        Ok(self.bench_on(task.threads, &arguments)?.ms_per_batch)
    }
}

fn parse(json: &str) -> Result<Report> {
    serde_json::from_str(json).with_context(|| format!("`fewshot bench --json` printed `{json}`"))
}

pub fn run(workspace: &Workspace, rounds: usize) -> Result<Native> {
    let trainer = Trainer::build(workspace)?;
    let python = torch::interpreter(workspace)?;
    let mut peers =
        [Torch::start(workspace, &python, false)?, Torch::start(workspace, &python, true)?];
    let mut duels = Vec::new();
    for task in &TASKS {
        let of_task = step(&format!("{}, beside its peers", task.what), || {
            duels_of(task, rounds, &trainer, &mut peers)
        })?;
        duels.extend(of_task);
    }
    let peak_memory_bytes = step("peak memory of a 20-way 5-shot training episode", || {
        let arguments = ["episode", "--ways", "20", "--shots", "5", "--seconds", "0"];
        Ok(trainer.bench(&arguments)?.peak_memory_bytes)
    })?;
    let [torch, _] = &peers;
    Ok(Native { versions: torch.versions.clone(), duels, peak_memory_bytes })
}

fn duels_of(
    task: &Task,
    rounds: usize,
    trainer: &Trainer,
    peers: &mut [Torch; 2],
) -> Result<Vec<Duel>> {
    let mut ours = Vec::new();
    let engines: &[Engine] = if task.command == "encode" { &Engine::ALL } else { &[Engine::Eager] };
    let mut theirs: Vec<(Engine, Timed)> = Vec::new();
    for _ in 0..rounds.max(1) {
        ours.push(trainer.time(task)?);
        for torch in &mut *peers {
            for &engine in engines {
                for &layout in torch.layouts(engine) {
                    let name = torch.setting(engine, layout);
                    let ms = torch.time(task, engine, layout)?;
                    match theirs.iter_mut().find(|(_, timed)| timed.name == name) {
                        Some((_, timed)) => timed.ms.push(ms),
                        None => theirs.push((engine, Timed { name, ms: vec![ms] })),
                    }
                }
            }
        }
    }
    let duel = |against: &Against| Duel {
        what: format!("{}{}", task.what, against.named),
        ours: Timed { name: "Fewshot".into(), ms: ours.clone() },
        peers: theirs
            .iter()
            .filter(|(engine, _)| (against.counts)(*engine))
            .map(|(_, timed)| timed.clone())
            .collect(),
        goal: against.goal,
    };
    Ok(task.goals.iter().map(duel).collect())
}

impl Native {
    pub fn table(&self) -> String {
        let goal = Goal { must: f64::INFINITY, aim: 1.5 };
        let memory = match self.peak_memory_bytes {
            Some(bytes) => {
                let gigabytes = bytes as f64 / 1e9;
                let verdict = match goal.at_most(gigabytes) {
                    super::ratio::Verdict::Aim => "met",
                    _ => "**missed**",
                };
                format!("{gigabytes:.2} GB (aim: under {} GB: {verdict})", goal.aim)
            }
            None => "this system does not tell".to_owned(),
        };
        format!(
            "{}\n\nPeak memory of a 20-way 5-shot training episode with 15 queries (400 pictures): {memory}.\n\n\
             <details><summary>every setting of the peers</summary>\n\n{}\n\n</details>",
            table::duels(&self.duels),
            table::contenders(&self.duels)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_trainer_prints_is_understood() {
        let json = r#"{"what":"profile","image_size":84,"batch":100,"threads":2,
            "images_per_second":1.0,"ms_per_image":1.0,"ms_per_batch":220.5,
            "peak_memory_bytes":1500000000,"stages_ms":[["encoder forward",70.5]],
            "pictures_ms":12.5}"#;
        let report = parse(json).unwrap();
        assert_eq!(report.ms_per_batch, 220.5);
        assert_eq!(report.stages_ms, [("encoder forward".to_owned(), 70.5)]);
        let plain = parse(r#"{"ms_per_batch":2.0,"peak_memory_bytes":null}"#).unwrap();
        assert!(plain.stages_ms.is_empty() && plain.peak_memory_bytes.is_none());
        assert!(parse("Killed").is_err());
    }
}
