//! What other people's code the project takes: licences, sources, and known holes where the
//! databases of those can be reached.

use std::path::Path;
use std::process::Command;

use super::suite::Suite;
use crate::command;
use crate::workspace::Workspace;

/// What npm says where it reaches the registry and the registry keeps no such list.
const NO_LIST: [&str; 4] =
    ["audit endpoint returned an error", "ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT"];
/// What cargo-deny says where it cannot fetch its database.
const NO_DATABASE: &str = "failed to fetch advisory database";

/// `cargo deny`, by the rules of deny.toml.
pub fn crates(workspace: &Workspace, suite: &mut Suite) {
    const RULES: &str = "licences and sources of the crates";
    const HOLES: &str = "known holes in the crates";
    let deny = |check: &[&str]| {
        let mut cargo = command::cargo();
        cargo.current_dir(&workspace.root).args(["deny", "--workspace", "check"]).args(check);
        cargo
    };
    let mut version = command::cargo();
    if command::output(version.args(["deny", "--version"])).is_err() {
        const CURE: &str = "install it with `cargo install cargo-deny --locked`";
        suite.skip(RULES, CURE);
        return suite.skip(HOLES, CURE);
    }
    suite.check(RULES, || command::run(&mut deny(&["licenses", "sources", "bans"])));
    reachable(suite, HOLES, &mut deny(&["advisories"]), &[NO_DATABASE]);
}

/// `npm audit` of the packages that the page is built with.
pub fn packages(web: &Path, suite: &mut Suite) {
    let mut npm = Command::new("npm");
    npm.args(["audit", "--audit-level=moderate"]).current_dir(web);
    reachable(suite, "known holes in npm's packages", &mut npm, &NO_LIST);
}

/// A check that needs a database from elsewhere: left out where that cannot be had.
fn reachable(suite: &mut Suite, name: &str, command: &mut Command, unreachable: &[&str]) {
    match command::run_and_keep(command) {
        Ok((false, printed)) if unreachable.iter().any(|part| printed.contains(part)) => {
            suite.skip(name, "its database cannot be reached from here");
        }
        outcome => {
            suite.check(name, || match outcome? {
                (true, _) => Ok(()),
                (false, _) => anyhow::bail!("something was found; it stands above"),
            });
        }
    }
}
