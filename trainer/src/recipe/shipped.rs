//! The recipes that come with the program.

use anyhow::{Result, bail};

use super::keys::nearest;

const RECIPES: [(&str, &str); 10] = [
    ("everyday", include_str!("../recipes/everyday.toml")),
    ("synthetic", include_str!("../recipes/synthetic.toml")),
    ("omniglot", include_str!("../recipes/omniglot.toml")),
    ("cifar-fs", include_str!("../recipes/cifar-fs.toml")),
    ("tiny-imagenet", include_str!("../recipes/tiny-imagenet.toml")),
    ("mini-imagenet", include_str!("../recipes/mini-imagenet.toml")),
    ("resnet12-cifar-fs", include_str!("../recipes/resnet12-cifar-fs.toml")),
    ("resnet12-mini-imagenet", include_str!("../recipes/resnet12-mini-imagenet.toml")),
    ("r2d2", include_str!("../recipes/r2d2.toml")),
    ("reference", include_str!("../recipes/reference.toml")),
];

/// Their names, in the order they are offered.
pub fn names() -> impl Iterator<Item = &'static str> {
    RECIPES.iter().map(|(name, _)| *name)
}

/// The TOML of one.
///
/// # Errors
/// Where there is none of that name; the nearest is named.
pub fn text(name: &str) -> Result<&'static str> {
    match RECIPES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Ok(text),
        None => bail!(
            "there is no recipe '{name}'; did you mean '{}'? There are {}, or give a file that \
             ends in .toml",
            nearest(name, names()).unwrap_or_default(),
            names().collect::<Vec<_>>().join(", ")
        ),
    }
}
