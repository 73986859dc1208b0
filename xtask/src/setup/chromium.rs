//! A Chromium for the browser tests: the one `CHROMIUM` names, one that is installed, or Debian's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::command;
use crate::progress::{step, unchanged};

/// Names on the PATH, then places that are on no PATH.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const PLACES: [&str; 3] = [
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const CURE: &str = "install Chromium or Chrome (Debian: apt-get install chromium), \
                    or set CHROMIUM to its program, and run this again";

/// The program's path.
pub fn ensure() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "CHROMIUM names {}, which is no file", named.display());
        return Ok(named);
    }
    if let Some(found) = find() {
        unchanged("Chromium", &found.display().to_string());
        return Ok(found);
    }
    step("install Chromium with apt-get", install)?;
    find().with_context(|| format!("Chromium was installed and is not on the PATH: {CURE}"))
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = NAMES.iter().flat_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).collect::<Vec<_>>()
    });
    on_path.chain(PLACES.iter().map(PathBuf::from)).find(|program| program.is_file())
}

fn install() -> Result<()> {
    ensure!(Path::new("/usr/bin/apt-get").exists(), "no Chromium was found: {CURE}");
    let sudo = match (is_root(), may_sudo()) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => bail!("no Chromium was found, and installing it needs root: {CURE}"),
    };
    let apt_get = |arguments: &[&str]| {
        let mut apt_get = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            apt_get.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y"]).args(arguments);
        command::run(apt_get.stdin(Stdio::null())).context(CURE)
    };
    apt_get(&["update"])?;
    apt_get(&["install", "--no-install-recommends", "chromium"])
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Whether sudo works without asking for a password, which nobody may be there to type.
fn may_sudo() -> bool {
    let status = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).output();
    status.is_ok_and(|output| output.status.success())
}
