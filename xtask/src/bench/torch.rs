//! PyTorch as a process that answers line by line (`xtask/bench/torch_conv4.py`).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::native::{THREADS, Task};
use crate::command;
use crate::progress::{step, unchanged};
use crate::workspace::Workspace;

const CURE: &str = "install Python 3 with its venv module (Debian: apt-get install python3-venv), \
                    or set FEWSHOT_PYTHON to an interpreter that has PyTorch, and run this again";

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
        Command::new(python).args(["-c", "import torch"]).stderr(Stdio::null()).status()
    };
    if imports(&python).is_ok_and(|status| status.success()) {
        unchanged("PyTorch", "installed");
        return Ok(python);
    }
    step("install PyTorch into a virtual environment of its own", || {
        command::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))
            .context(CURE)?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "torch", "numpy"]);
        command::run(&mut pip).context(CURE)
    })?;
    Ok(python)
}

/// One PyTorch under way, with one way to ask the system for memory.
pub struct Torch {
    /// What is said of this setting.
    pub name: &'static str,
    pub version: String,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Hello {
    torch: String,
}

#[derive(Deserialize)]
struct Answer {
    ms_per_batch: f64,
}

impl Torch {
    /// Starts PyTorch with the system's default memory allocation, or told to keep memory.
    pub fn start(workspace: &Workspace, python: &Path, keeps_memory: bool) -> Result<Self> {
        let mut process = Command::new(python);
        process.arg(workspace.root.join("xtask/bench/torch_conv4.py")).arg(THREADS.to_string());
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
        if keeps_memory {
            process.envs(KEEP_MEMORY);
        }
        let mut child = process.spawn().context(CURE)?;
        let (to, from) = child.stdin.take().zip(child.stdout.take()).context("pipes were asked")?;
        let mut torch = Self {
            name: if keeps_memory { "memory kept" } else { "default malloc" },
            version: String::new(),
            child,
            to,
            from: BufReader::new(from),
        };
        torch.version = torch.read::<Hello>()?.torch;
        Ok(torch)
    }

    /// Milliseconds for one batch of a task.
    pub fn time(&mut self, task: &Task, channels_last: bool) -> Result<f64> {
        writeln!(self.to, "{}", request(task, channels_last)).context("PyTorch went away")?;
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

fn request(task: &Task, channels_last: bool) -> Value {
    let (ways, shots, queries) = task.episode;
    json!({
        "what": task.command,
        "channels_last": channels_last,
        "image_size": task.image_size,
        "batch": task.batch,
        "ways": ways,
        "shots": shots,
        "queries": queries,
        "seconds": task.seconds,
    })
}
