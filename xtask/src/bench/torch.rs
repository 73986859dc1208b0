//! PyTorch, and onnxruntime beside it, as a process that answers line by line
//! (`xtask/bench/peers.py`).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::native::Task;
use crate::command;
use crate::progress::{step, unchanged};
use crate::workspace::Workspace;

const PACKAGES: [&str; 8] = [
    "torch",
    "numpy",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "efficientnet-lite-pytorch",
    "safetensors",
    "pillow",
];
const MODULES: &str =
    "torch, onnx, onnxscript, onnxruntime, efficientnet_lite_pytorch, safetensors, PIL";

const CURE: &str = "install Python 3 with its venv module (Debian: apt-get install python3-venv), \
                    or set FEWSHOT_PYTHON to an interpreter that has PyTorch, onnx, onnxscript, \
                    onnxruntime, efficientnet-lite-pytorch, safetensors and pillow, and run this \
                    again";

/// glibc gives large buffers back to the system and asks for them anew at every step; told to
/// keep them, PyTorch trains up to twice as fast.
const KEEP_MEMORY: [(&str, &str); 4] = [
    ("MALLOC_MMAP_THRESHOLD_", "34359738368"),
    ("MALLOC_MMAP_MAX_", "0"),
    ("MALLOC_TRIM_THRESHOLD_", "34359738368"),
    ("MALLOC_TOP_PAD_", "536870912"),
];

/// An interpreter that has PyTorch: the one `FEWSHOT_PYTHON` names, or one of our own.
pub fn interpreter(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("FEWSHOT_PYTHON") {
        unchanged("PyTorch", &named.to_string_lossy());
        return Ok(named.into());
    }
    let environment = workspace.target.join("bench/python");
    let python = environment.join("bin/python");
    let imports = |python: &Path| {
        let import = format!("import {MODULES}");
        Command::new(python).args(["-c", &import]).stderr(Stdio::null()).status()
    };
    if imports(&python).is_ok_and(|status| status.success()) {
        unchanged("PyTorch and onnxruntime", "installed");
        return Ok(python);
    }
    step("install PyTorch and onnxruntime into a virtual environment of its own", || {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))
            .context(CURE)?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES);
        command::run(&mut pip).context(CURE)
    })?;
    Ok(python)
}

/// What runs the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PyTorch, operation by operation.
    Eager,
    /// PyTorch's `torch.compile`, weights frozen.
    Compiled,
    Onnxruntime,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Eager, Self::Compiled, Self::Onnxruntime];

    fn name(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Compiled => "compiled",
            Self::Onnxruntime => "onnxruntime",
        }
    }
}

/// How maps lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    ChannelsLast,
    Default,
}

/// One PyTorch under way, with one way to ask the system for memory.
pub struct Torch {
    /// What is said of this setting.
    name: &'static str,
    keeps_memory: bool,
    pub versions: [String; 2],
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Hello {
    torch: String,
    onnxruntime: String,
}

#[derive(Deserialize)]
struct Answer {
    ms_per_batch: f64,
}

impl Torch {
    /// Starts PyTorch with the system's default memory allocation, or told to keep memory.
    pub fn start(workspace: &Workspace, python: &Path, keeps_memory: bool) -> Result<Self> {
        let mut process = Command::new(python);
        process.arg(workspace.root.join("xtask/bench/peers.py"));
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        if keeps_memory {
            process.envs(KEEP_MEMORY);
        }
        let mut child = process.spawn().context(CURE)?;
        let (to, from) = child.stdin.take().zip(child.stdout.take()).context("pipes were asked")?;
        let mut torch = Self {
            name: if keeps_memory { "memory kept" } else { "default malloc" },
            keeps_memory,
            versions: Default::default(),
            child,
            to,
            from: BufReader::new(from),
        };
        let hello: Hello = torch.read()?;
        torch.versions =
            [format!("PyTorch {}", hello.torch), format!("onnxruntime {}", hello.onnxruntime)];
        Ok(torch)
    }

    /// The layouts in which this process runs an engine. onnxruntime lays maps out itself and asks
    /// for memory in its own way: it runs once.
    pub fn layouts(&self, engine: Engine) -> &'static [Layout] {
        match engine {
            Engine::Onnxruntime if self.keeps_memory => &[],
            Engine::Onnxruntime => &[Layout::Default],
            Engine::Eager | Engine::Compiled => &[Layout::ChannelsLast, Layout::Default],
        }
    }

    /// What is said of an engine and a layout in this process.
    pub fn setting(&self, engine: Engine, layout: Layout) -> String {
        let program = match engine {
            Engine::Eager => "PyTorch",
            Engine::Compiled => "torch.compile",
            Engine::Onnxruntime => return "onnxruntime".into(),
        };
        let layout = match layout {
            Layout::ChannelsLast => "channels last",
            Layout::Default => "default layout",
        };
        format!("{program}, {layout}, {}", self.name)
    }

    /// Milliseconds for one batch of a task.
    pub fn time(&mut self, task: &Task, engine: Engine, layout: Layout) -> Result<f64> {
        let request = request(task, engine, layout == Layout::ChannelsLast);
        writeln!(self.to, "{request}").context("PyTorch went away")?;
        Ok(self.read::<Answer>()?.ms_per_batch)
    }

    fn read<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            bail!("PyTorch ended; its own message stands above. {CURE}");
        }
        serde_json::from_str(&line).with_context(|| format!("PyTorch answered `{}`", line.trim()))
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(task: &Task, engine: Engine, channels_last: bool) -> Value {
    let (ways, shots, queries) = task.episode;
    json!({
        "what": task.command,
        "network": task.network,
        "engine": engine.name(),
        "channels_last": channels_last,
        "image_size": task.image_size,
        "batch": task.batch,
        "threads": task.threads,
        "ways": ways,
        "shots": shots,
        "queries": queries,
        "seconds": task.seconds,
    })
}
