//! The promise of a split, checked: no class and no picture is on two sides.
//! Data sets that break it make every figure worthless, so it is checked
//! whenever one is opened.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::{Class, Split};

/// Checks that no class id and no picture (turned or not) occurs in two splits,
/// nor twice within one.
///
/// # Errors
/// Names the first class or picture that does.
pub fn check_disjoint(splits: &[Option<Vec<Class>>; 3]) -> Result<()> {
    let mut class_seen: HashMap<&str, Split> = HashMap::new();
    let mut image_seen: HashMap<String, (Split, &str)> = HashMap::new();
    for split in Split::ALL {
        for class in splits[split.index()].iter().flatten() {
            if let Some(first) = class_seen.insert(&class.id, split) {
                bail!(
                    "class '{}' is in {}; few-shot data is split by class, so a class belongs to \
                     one side only: correct the lists, or put all pictures of a class into one \
                     folder, without train, val and test",
                    class.id,
                    places(first, split)
                );
            }
            for image in &class.images {
                let found = image_seen.insert(image.identity(), (split, &class.id));
                // Turned copies are classes of their own, on one side of the split.
                if let Some((first, first_class)) = found
                    && (first != split || first_class == class.id)
                {
                    bail!(
                        "{image} is in {} (classes '{first_class}' and '{}'); a picture belongs \
                         to one side only: correct the lists",
                        places(first, split),
                        class.id
                    );
                }
            }
        }
    }
    Ok(())
}

fn places(first: Split, second: Split) -> String {
    if first == second { format!("{first} twice") } else { format!("both {first} and {second}") }
}

#[cfg(test)]
mod tests {
    use super::super::ImageSource;
    use super::*;

    fn class(id: &str, images: &[&str]) -> Class {
        let images = images.iter().map(|path| ImageSource::file(path.into())).collect();
        Class { id: id.into(), name: id.into(), images }
    }

    fn error_of(train: Vec<Class>, test: Vec<Class>) -> String {
        check_disjoint(&[Some(train), None, Some(test)]).unwrap_err().to_string()
    }

    #[test]
    fn a_class_on_two_sides_is_an_error() {
        let error = error_of(vec![class("cat", &["a.png"])], vec![class("cat", &["b.png"])]);
        assert!(error.contains("'cat' is in both train and test"), "{error}");
        let error = error_of(vec![class("cat", &["a"]), class("cat", &["b"])], vec![]);
        assert!(error.contains("'cat' is in train twice"), "{error}");
    }

    #[test]
    fn a_picture_on_two_sides_is_an_error_even_when_turned() {
        let mut turned = class("b/rot090", &[]);
        turned.images.push(ImageSource::file("a.png".into()).turned(1));
        let error = error_of(vec![class("a", &["a.png"])], vec![turned.clone()]);
        assert!(error.contains("a.png") && error.contains("both train and test"), "{error}");
        check_disjoint(&[Some(vec![class("a", &["a.png"]), turned]), None, None]).unwrap();
    }
}
