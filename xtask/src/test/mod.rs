//! `cargo xtask test`: everything that can be checked, on a fresh machine.
//!
//! What the checks need is set up first; a need that cannot be met fails the steps that have it
//! and no others. A failing step does not stop the ones after it, so one run tells all there is.

mod browser;
mod count;
pub mod crates;
mod dependencies;
mod documents;
mod repository;
mod suite;

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::cli::{self, Web};
use crate::data;
use crate::digest::read;
use crate::setup::browser::{CHROMIUM, FIREFOX};
use crate::setup::{node, npm, rust_target};
use crate::study;
use crate::web;
use crate::workspace::Workspace;
use suite::Suite;

pub fn run(workspace: &Workspace, arguments: &cli::Test) -> Result<ExitCode> {
    let mut suite = Suite::default();
    suite.check("rules of the repository", || repository::check(&workspace.root));
    suite.check("links and commands of the documents", || documents::check(&workspace.root));
    suite.check("tables of the studies", || study::check(workspace));
    suite.check("formatting", || crates::formatting(workspace));
    if !arguments.fast {
        dependencies::crates(workspace, &mut suite);
    }
    suite.check("set-up: Rust's wasm32 target", || rust_target::ensure(rust_target::WASM));
    suite.check("lints", || crates::lints(workspace));
    suite.check("lints for wasm32", || crates::wasm_lints(workspace));
    suite.check("documentation of the crates", || crates::documentation(workspace));
    suite.tests("tests of the build steps", || crates::build_steps(workspace));
    if arguments.slow {
        suite.check("the learner for 64-bit ARM", || {
            rust_target::ensure(rust_target::ARM)?;
            crates::arm(workspace)
        });
    }
    if !arguments.fast {
        suite.check("the crate as it would be published", || crates::publication(workspace));
        crates::cuda(workspace, &mut suite);
    }
    let trainer = suite.check("build the trainer", || crates::trainer(workspace));
    let real = suite.check("set-up: real data, where it lies", || data::unpacked(workspace));
    match trainer {
        Some(trainer) => suite.tests("tests of the crates", || {
            crates::tests(workspace, &trainer, real.flatten().as_deref())
        }),
        None => suite.skip("tests of the crates", "the trainer was not built"),
    }
    if !arguments.fast {
        page(workspace, arguments.slow, &mut suite);
    }
    Ok(suite.finish(arguments.complete))
}

/// As docs/walk.md makes it: that model and no other, under its title.
fn own_page(workspace: &Workspace) -> Result<()> {
    let out = workspace.target.join("web/own");
    let weights = workspace.root.join("weights/cifar-fs.safetensors");
    let title = "Pictures of my own";
    let own = Web { weights: Some(weights), title: Some(title.to_owned()), out: Some(out) };
    let site = web::site(workspace, &own)?;
    let text = |name: &str| String::from_utf8(read(&site.join(name))?).context("it is not text");
    ensure!(text("index.html")?.contains(title), "the page lacks its title");
    let manifest = text("weights/manifest.json")?;
    ensure!(
        manifest.contains("cifar-fs") && !manifest.contains("everyday"),
        "the page has other models: {manifest}"
    );
    Ok(())
}

/// The page: its sources, its build, and the build in a browser.
fn page(workspace: &Workspace, slow: bool, suite: &mut Suite) {
    let folder = workspace.web();
    let ready = suite.check("set-up: Node.js and npm's packages", || {
        node::ensure()?;
        npm::ensure(&folder, npm::PAGE)
    });
    if ready.is_none() {
        return suite.skip("the page", "Node.js or its packages are missing");
    }
    dependencies::packages(&folder, suite);
    // With it come its types, which the page's sources import.
    let site = match suite.check("compile the learner for the page", || web::wasm(workspace)) {
        Some(()) => {
            // First, since what is tested in browsers is the project's own.
            suite.check("a page with a model of one's own", || own_page(workspace));
            suite.check("build the page", || web::site(workspace, &Web::default()))
        }
        None => None,
    };
    suite.check("types and lints of the page", || browser::types_and_lints(&folder));
    suite.tests("unit tests of the page", || browser::unit_tests(&folder));
    let chromium = suite.check("set-up: Chromium", || CHROMIUM.ensure());
    // Nothing else needs it: its one test says that it was left out, and so does the table.
    let firefox = FIREFOX.ensure();
    if let Err(error) = &firefox {
        suite.skip("the page in Firefox", &format!("{error:#}"));
    }
    match (site, chromium) {
        (Some(site), Some(chromium)) => {
            let mut browsers = vec![(CHROMIUM.variable, chromium)];
            browsers.extend(firefox.ok().map(|firefox| (FIREFOX.variable, firefox)));
            let run = |script| browser::run(workspace, &site, &browsers, script);
            suite.tests("the page in browsers", || run(browser::TESTS));
            if slow {
                suite.tests("a page that grows", || run(browser::GROWTH));
            }
        }
        _ => suite.skip("the page in browsers", "the page or the browser is missing"),
    }
}
