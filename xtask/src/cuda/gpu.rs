//! Whether a GPU is here.

use std::path::Path;
use std::process::Command;

/// A device file of NVIDIA's driver, or a GPU that its tool lists (as under WSL).
pub fn present() -> bool {
    let listed = || {
        let output = Command::new("nvidia-smi").arg("--list-gpus").output();
        output.is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"GPU "))
    };
    Path::new("/dev/nvidia0").exists() || listed()
}
