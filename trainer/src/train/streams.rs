//! Where each random draw of a run comes from: a function of the recipe's seed,
//! the stage, the purpose and the step, so that a run can go on at any step.

/// What a draw is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Parameters of heads that are not part of the model.
    Head = 1,
    /// The order of pictures in an epoch.
    Order = 2,
    /// Variation of pictures.
    Augment = 3,
    /// Which classes and pictures make an episode.
    Episode = 4,
    /// Which support feature is the seed, how many are hallucinated.
    Choice = 5,
    /// Episodes of validation, the same in every stage.
    Validation = 7,
}

/// A seed of its own for a purpose in a stage.
pub(super) fn seed(recipe_seed: u64, stage: usize, purpose: Purpose) -> u64 {
    mix(mix(recipe_seed.wrapping_add(1)) ^ mix((stage as u64) << 8 | purpose as u64))
}

/// A seed of its own for a step.
pub(super) fn at_step(seed: u64, step: usize) -> u64 {
    mix(seed ^ mix(step as u64))
}

/// SplitMix64's finaliser: near inputs give far outputs.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
