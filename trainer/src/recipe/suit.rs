//! Whether a recipe's episodes are possible with given classes, said before
//! anything is decoded; and a built-in recipe made to suit a folder of somebody's
//! own, which has not the hundreds of pictures that it was written for.

use anyhow::{Result, bail};

use super::{Recipe, Schedule, Stage};
use crate::data::{Dataset, Split};

/// One kind of episode that a recipe draws.
#[derive(Clone)]
struct Draw {
    /// As in "stage 3 (hallucinate)".
    place: String,
    /// As in `stage.hallucinate`.
    key: String,
    side: Split,
    ways: usize,
    /// The numbers of support pictures, each drawn now and then.
    shots: Vec<usize>,
    queries: usize,
}

/// The classes and the smallest of them, as one side of the data has them.
struct Side<'a> {
    classes: usize,
    smallest: &'a str,
    pictures: usize,
}

impl Recipe {
    /// Checks that base and validation classes suffice for every stage and for
    /// validation.
    ///
    /// # Errors
    /// Names what does not, the class with the fewest pictures, and what to set.
    pub fn check_suits(&self, train: &Dataset, val: &Dataset) -> Result<()> {
        if train.classes.len() < 2 {
            bail!("there is {} base class; training takes at least 2", train.classes.len());
        }
        for draw in self.draws() {
            let side = self.side(draw.side, train, val);
            let (place, key) = (&draw.place, &draw.key);
            if draw.ways > side.classes {
                let classes = side.classes;
                bail!(
                    "{place} needs {} classes, but {} has {classes}; add classes or use --set \
                     {key}.ways={classes}",
                    draw.ways,
                    draw.side
                );
            }
            let shots = draw.most_shots();
            if shots + draw.queries > side.pictures {
                let (class, pictures) = (side.smallest, side.pictures);
                let cure = match pictures.checked_sub(shots) {
                    Some(left @ 1..) => format!("use --set {key}.queries={left}"),
                    _ if pictures > 1 => format!("use fewer {key}.shots and {key}.queries"),
                    _ => "leave the class out".to_owned(),
                };
                bail!(
                    "{place} needs {} images of each class, {shots} for support and {} as \
                     queries, but class '{class}' of {} has {pictures} images; add some or {cure}",
                    shots + draw.queries,
                    draw.queries,
                    draw.side
                );
            }
        }
        Ok(())
    }

    /// Lowers ways, shots, queries and warm-up to what the classes allow, except
    /// where one of `set` (`key=value`) says what they shall be; a sentence for
    /// what was changed.
    pub fn suit(&mut self, set: &[String], train: &Dataset, val: &Dataset) -> Option<String> {
        let mut changes = Vec::new();
        for (index, mut draw) in self.draws().into_iter().enumerate() {
            let side = self.side(draw.side, train, val);
            let free = |name: &str| {
                let numbered = format!("stage.{index}");
                !set.iter().any(|change| {
                    let key = change.split('=').next().unwrap_or_default().trim();
                    [draw.key.as_str(), &numbered]
                        .map(|at| format!("{at}.{name}"))
                        .contains(&key.to_owned())
                })
            };
            let (ways, shots, queries) = (free("ways"), free("shots"), free("queries"));
            let before = draw.clone();
            draw.lower(&side, (ways, shots, queries));
            let change = draw.change_from(&before, &side);
            if !change.is_empty() {
                changes.push(format!("{}: {change}", draw.place));
                self.put(index, &draw);
            }
        }
        let images = train.image_count();
        for (index, stage) in self.stage.iter_mut().enumerate() {
            let place = place(index, stage);
            if let Stage::Pretrain(stage) = stage
                && let Schedule::Cosine { warm_up, .. } = &mut stage.schedule
            {
                let steps = stage.epochs * (images / stage.batch).max(1);
                if *warm_up > steps / 5 && !set.iter().any(|set| set.contains("warm_up")) {
                    let before = std::mem::replace(warm_up, steps / 10);
                    changes.push(format!("{place}: warm-up {warm_up} steps instead of {before}"));
                }
            }
        }
        (!changes.is_empty()).then(|| {
            format!("recipe {} suits itself to these classes: {}", self.name, changes.join("; "))
        })
    }

    /// The episodes of each stage in their order, then those of validation; none for
    /// stages without.
    fn draws(&self) -> Vec<Draw> {
        let of_stage = |(index, stage): (usize, &Stage)| {
            let (ways, shots, queries) = match stage {
                Stage::Episodic(stage) => (stage.ways, vec![stage.shots], stage.queries),
                Stage::Hallucinate(stage) => (stage.ways, stage.shots.clone(), stage.queries),
                Stage::Pretrain(_) | Stage::Fit(_) => (0, Vec::new(), 0),
            };
            let (place, key) = (place(index, stage), format!("stage.{}", stage.kind()));
            Draw { place, key, side: Split::Train, ways, shots, queries }
        };
        let validation = Draw {
            place: "validation".into(),
            key: "validation".into(),
            side: Split::Val,
            ways: self.validation.ways,
            shots: self.validation.shots.clone(),
            queries: self.validation.queries,
        };
        self.stage.iter().enumerate().map(of_stage).chain([validation]).collect()
    }

    /// Takes over the numbers of a draw, by its place in [`Self::draws`].
    fn put(&mut self, index: usize, draw: &Draw) {
        let Draw { ways, queries, .. } = *draw;
        match self.stage.get_mut(index) {
            Some(Stage::Episodic(stage)) => {
                (stage.ways, stage.shots, stage.queries) = (ways, draw.most_shots(), queries);
            }
            Some(Stage::Hallucinate(stage)) => {
                (stage.ways, stage.queries) = (ways, queries);
                stage.shots.clone_from(&draw.shots);
            }
            Some(Stage::Pretrain(_) | Stage::Fit(_)) => {}
            None => {
                (self.validation.ways, self.validation.queries) = (ways, queries);
                self.validation.shots.clone_from(&draw.shots);
            }
        }
    }

    fn side<'a>(&self, split: Split, train: &'a Dataset, val: &'a Dataset) -> Side<'a> {
        let dataset = if split == Split::Val { val } else { train };
        let smallest = dataset.classes.iter().min_by_key(|class| class.images.len());
        let (smallest, pictures) =
            smallest.map_or(("", 0), |class| (class.id.as_str(), class.images.len()));
        Side { classes: dataset.classes.len(), smallest, pictures }
    }
}

impl Draw {
    fn most_shots(&self) -> usize {
        self.shots.iter().copied().max().unwrap_or(0)
    }

    /// `6 ways instead of 10, 7 queries instead of 15, since class 'a' has 12 pictures`.
    fn change_from(&self, before: &Self, side: &Side) -> String {
        let mut parts = Vec::new();
        if self.ways != before.ways {
            parts.push(format!("{} ways instead of {}", self.ways, before.ways));
        }
        let (class, count) = (side.smallest, side.pictures);
        let since = format!(", since class '{class}' has {count} pictures");
        if self.shots != before.shots {
            parts.push(format!("shots {:?} instead of {:?}{since}", self.shots, before.shots));
        }
        if self.queries != before.queries {
            parts.push(format!("{} queries instead of {}{since}", self.queries, before.queries));
        }
        parts.join(", ")
    }

    /// As far as `free` lets ways, shots and queries.
    fn lower(&mut self, side: &Side, (ways, shots, queries): (bool, bool, bool)) {
        if self.ways == 0 {
            return;
        }
        if ways {
            self.ways = self.ways.min(side.classes).max(2);
        }
        if shots {
            // Half of the pictures are left to ask about.
            let most = (side.pictures / 2).max(1);
            let least = self.shots.iter().copied().min().unwrap_or(1).min(most);
            self.shots.retain(|shots| *shots <= most);
            if self.shots.is_empty() {
                self.shots.push(least);
            }
        }
        if queries {
            let left = side.pictures.saturating_sub(self.most_shots()).max(1);
            self.queries = self.queries.min(left);
        }
    }
}

fn place(index: usize, stage: &Stage) -> String {
    format!("stage {} ({})", index + 1, stage.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Class, ImageSource};

    fn side(split: Split, sizes: &[usize]) -> Dataset {
        let class = |(number, &size): (usize, &usize)| Class {
            id: format!("{split}{number}"),
            name: String::new(),
            images: vec![ImageSource::file("a.png".into()); size],
        };
        let classes = sizes.iter().enumerate().map(class).collect();
        Dataset { name: "mine".into(), split: split.into(), classes }
    }

    #[test]
    fn a_small_folder_gets_smaller_episodes_and_what_was_set_stays() -> Result<()> {
        let (train, val) = (side(Split::Train, &[20; 6]), side(Split::Val, &[20, 12]));
        let mut recipe = Recipe::find("tiny-imagenet", &[])?;
        assert!(recipe.check_suits(&train, &val).is_err());
        let sentence = recipe.suit(&[], &train, &val).unwrap_or_default();
        for part in [
            "stage 3 (hallucinate): 10 queries instead of 15, since class 'train0' has 20",
            "validation: 2 ways",
            "shots [1, 5] instead of [1, 5, 10], since class 'val1' has 12 pictures, 7 queries",
            "warm-up 6",
        ] {
            assert!(sentence.contains(part), "{part} in {sentence}");
        }
        recipe.check_suits(&train, &val)?;
        assert_eq!((recipe.validation.ways, recipe.validation.queries), (2, 7));
        let again = recipe.suit(&[], &train, &val);
        assert_eq!(again, None, "it suits");

        let set = ["stage.hallucinate.ways=8".to_owned()];
        let mut recipe = Recipe::find("tiny-imagenet", &set)?;
        recipe.suit(&set, &train, &val);
        let error = recipe.check_suits(&train, &val).unwrap_err().to_string();
        assert!(error.contains("needs 8 classes, but train has 6"), "{error}");
        Ok(())
    }

    #[test]
    fn what_does_not_suffice_is_named_with_the_cure() -> Result<()> {
        let recipe = Recipe::find("synthetic", &[])?;
        let error = |train: &[usize], val: &[usize]| {
            let (train, val) = (side(Split::Train, train), side(Split::Val, val));
            recipe.check_suits(&train, &val).unwrap_err().to_string()
        };
        let told = error(&[40; 4], &[40; 5]);
        assert!(told.contains("stage 3 (hallucinate) needs 5 classes"), "{told}");
        assert!(told.contains("--set stage.hallucinate.ways=4"), "{told}");
        let told = error(&[40; 9], &[40, 40, 40, 40, 18]);
        assert!(told.contains("'val4' of val has 18 images"), "{told}");
        assert!(told.contains("--set validation.queries=13"), "{told}");
        let told = error(&[40; 9], &[40, 40, 40, 40, 1]);
        assert!(told.contains("leave the class out"), "{told}");
        assert!(error(&[40], &[40; 5]).contains("1 base class"));
        Ok(())
    }
}
