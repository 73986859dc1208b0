//! Browsers for the tests of the page: the one a variable names, one that is installed, or Debian's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::command;
use crate::progress::{step, unchanged};

/// A browser, and where it is found.
pub struct Browser {
    name: &'static str,
    /// Of the environment; it names the program.
    pub variable: &'static str,
    /// Of its program, on the PATH.
    programs: &'static [&'static str],
    /// That are on no PATH.
    places: &'static [&'static str],
    /// Of Debian.
    package: &'static str,
}

/// What most of the tests run in.
pub const CHROMIUM: Browser = Browser {
    name: "Chromium",
    variable: "CHROMIUM",
    programs: &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    places: &[
        "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    package: "chromium",
};

/// What the main journey runs in once more.
pub const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "FIREFOX",
    programs: &["firefox-esr", "firefox"],
    places: &["/Applications/Firefox.app/Contents/MacOS/firefox"],
    package: "firefox-esr",
};

impl Browser {
    /// The program's path.
    pub fn ensure(&self) -> Result<PathBuf> {
        if let Some(named) = std::env::var_os(self.variable) {
            let named = PathBuf::from(named);
            let variable = self.variable;
            ensure!(named.is_file(), "{variable} names {}, which is no file", named.display());
            return Ok(named);
        }
        if let Some(found) = self.find() {
            unchanged(self.name, &found.display().to_string());
            return Ok(found);
        }
        step(&format!("install {} with apt-get", self.name), || self.install())?;
        let (name, cure) = (self.name, self.cure());
        self.find().with_context(|| format!("{name} was installed and is not on the PATH: {cure}"))
    }

    fn cure(&self) -> String {
        let Self { name, variable, package, .. } = self;
        format!(
            "install {name} (Debian: apt-get install {package}), or set {variable} to its \
             program, and run this again"
        )
    }

    fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = self.programs.iter().flat_map(|program| {
            std::env::split_paths(&path).map(|folder| folder.join(program)).collect::<Vec<_>>()
        });
        on_path.chain(self.places.iter().map(PathBuf::from)).find(|program| program.is_file())
    }

    fn install(&self) -> Result<()> {
        let (name, cure) = (self.name, self.cure());
        ensure!(Path::new("/usr/bin/apt-get").exists(), "no {name} was found: {cure}");
        let sudo = match (is_root(), may_sudo()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => bail!("no {name} was found, and installing it needs root: {cure}"),
        };
        let apt_get = |arguments: &[&str]| {
            let mut apt_get = Command::new(if sudo { "sudo" } else { "apt-get" });
            if sudo {
                apt_get.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            }
            apt_get.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y"]).args(arguments);
            command::run(apt_get.stdin(Stdio::null())).with_context(|| cure.clone())
        };
        apt_get(&["update"])?;
        apt_get(&["install", "--no-install-recommends", self.package])
    }
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Whether sudo works without asking for a password, which nobody may be there to type.
fn may_sudo() -> bool {
    let status = Command::new("sudo").args(["-n", "true"]).stdin(Stdio::null()).output();
    status.is_ok_and(|output| output.status.success())
}
