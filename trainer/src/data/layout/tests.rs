//! Every layout on a fixture made here, and on the real data where it is found.

use std::io::Write;

use super::*;
use crate::data::relative;
use image::{GrayImage, Luma};

fn touch(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_pixel(2, 2, Luma([9])).save_with_format(path, image::ImageFormat::Png).unwrap();
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// `(classes, images)` of each split, `None` where there is no such split.
fn counts(source: &DataSource) -> [Option<(usize, usize)>; 3] {
    Split::ALL.map(|split| {
        let dataset = source.split(split).ok()?;
        Some((dataset.classes.len(), dataset.image_count()))
    })
}

fn error(dir: &Path) -> String {
    format!("{:#}", open(Some(dir)).unwrap_err())
}

#[test]
fn mini_imagenet() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("mini-imagenet");
    for (split, class) in [("train", "n01"), ("val", "n02"), ("test", "n03")] {
        let mut list = String::from("filename,label\n");
        for file in [format!("{class}1.jpg"), format!("{class}2.jpg")] {
            touch(&root.join("images").join(&file));
            list += &format!("{file},{class}\n");
        }
        write(&root.join(format!("{split}.csv")), &list);
    }
    for given in [&root, dir.path()] {
        let source = open(Some(given)).unwrap();
        assert_eq!(source.name(), "mini-imagenet");
        assert_eq!(counts(&source), [Some((1, 2)); 3]);
        let test = source.split(Split::Test).unwrap();
        assert_eq!(test.classes[0].id, "n03");
        assert!(test.classes[0].images[1].identity().ends_with("n032.jpg"));
    }
    std::fs::remove_file(root.join("images/n021.jpg")).unwrap();
    let message = error(&root);
    assert!(
        message.contains("val.csv names 1 pictures") && message.contains("n021.jpg"),
        "{message}"
    );
}

#[test]
fn cifar_fs() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("cifar100");
    for (split, class) in [("train", "maple_tree"), ("val", "otter"), ("test", "bed")] {
        touch(&root.join("data").join(class).join("a.png"));
        write(&root.join(format!("splits/bertinetto/{split}.txt")), &format!("{class}\r\n\n"));
    }
    for given in [&root, dir.path()] {
        let source = open(Some(given)).unwrap();
        assert_eq!(source.name(), "cifar-fs");
        assert_eq!(counts(&source), [Some((1, 1)); 3]);
        assert_eq!(source.split(Split::Train).unwrap().classes[0].name, "maple tree");
    }
    write(&root.join("splits/bertinetto/test.txt"), "bed\notter\n");
    assert!(error(&root).contains("'otter' is in both val and test"), "{}", error(&root));
    write(&root.join("splits/bertinetto/test.txt"), "bett\n");
    assert!(error(&root).contains("names the class 'bett'"), "{}", error(&root));
}

#[test]
fn tiny_imagenet_fewshot() {
    let dir = tempfile::tempdir().unwrap();
    for (split, class) in [("train", "n1"), ("val", "n2"), ("test", "n3")] {
        touch(&dir.path().join("data").join(class).join("a.JPEG"));
        write(&dir.path().join(format!("splits/{split}.txt")), class);
    }
    write(&dir.path().join("words.txt"), "n1\tgoldfish, Carassius auratus\nn2\tball\n");
    let source = open(Some(dir.path())).unwrap();
    assert_eq!(source.name(), "tiny-imagenet");
    let name = |split| source.split(split).unwrap().classes[0].name.clone();
    assert_eq!(Split::ALL.map(name), ["goldfish", "ball", "n3"]);
}

#[test]
fn a_set_with_lists_is_called_as_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("caltech101");
    for (split, class) in [("train", "anchor"), ("val", "Faces_easy"), ("test", "yin_yang")] {
        touch(&root.join("data").join(class).join("image_0001.jpg"));
        write(&root.join(format!("splits/{split}.txt")), class);
    }
    for given in [&root, dir.path()] {
        let source = open(Some(given)).unwrap();
        assert_eq!((source.name(), source.is_own()), ("caltech101", false));
        assert_eq!(counts(&source), [Some((1, 1)); 3]);
        assert_eq!(source.split(Split::Test).unwrap().classes[0].name, "yin yang");
    }
}

#[test]
fn caltech_101_is_split_as_the_figures_have_it() {
    let root = tempfile::tempdir().unwrap();
    let published = root.path().join("101_ObjectCategories");
    for split in Split::ALL {
        let list = format!("src/data/layout/caltech101/{split}.txt");
        for id in lines(&Path::new(env!("CARGO_MANIFEST_DIR")).join(list)).unwrap() {
            touch(&published.join(&id).join("image_0001.jpg"));
        }
    }
    touch(&published.join("BACKGROUND_Google/image_0001.jpg"));
    touch(&published.join("Faces_easy/image_0001.jpg"));
    for dir in [published.as_path(), root.path()] {
        let source = open(Some(dir)).unwrap();
        assert_eq!((source.name(), source.is_own()), ("caltech101", false));
        assert_eq!(counts(&source), [Some((60, 60)), Some((20, 20)), Some((20, 20))]);
    }
    std::fs::remove_dir_all(published.join("accordion")).unwrap();
    let error = format!("{:#}", open(Some(&published)).unwrap_err());
    assert!(error.contains("'accordion' is missing"), "{error}");
}

#[test]
fn tiny_imagenet_200_is_split_as_the_shipped_weights_were_trained() {
    let few = tempfile::tempdir().unwrap();
    let published = few.path().join("tiny-imagenet-200");
    for split in Split::ALL {
        let list = format!("src/data/layout/tiny_imagenet/{split}.txt");
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(list);
        for id in lines(&list).unwrap() {
            touch(&published.join("train").join(&id).join("images").join(format!("{id}_0.JPEG")));
            touch(&few.path().join("data").join(&id).join(format!("{id}_0.JPEG")));
        }
        let copy = few.path().join(format!("splits/{split}.txt"));
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(&list, &copy).unwrap();
    }
    // A class of the other hundred, and the pictures of val/, belong to no split.
    touch(&published.join("train/n00000001/images/n00000001_0.JPEG"));
    touch(&published.join("val/images/val_0.JPEG"));
    write(&published.join("wnids.txt"), "n01443537");
    for root in [published.as_path(), few.path()] {
        write(&root.join("words.txt"), "n01443537\tgoldfish, Carassius auratus\n");
    }
    let source = open(Some(&published)).unwrap();
    assert_eq!(counts(&source), [Some((64, 64)), Some((16, 16)), Some((20, 20))]);
    let split = open(Some(few.path())).unwrap();
    assert_eq!((source.name(), split.name()), ("tiny-imagenet", "tiny-imagenet"));
    for side in Split::ALL {
        let files = |source: &DataSource| -> Vec<(String, String)> {
            let classes = source.split(side).unwrap().classes;
            let file = |class: Class| (class.id, class.images[0].name_and_size().unwrap().0);
            classes.into_iter().map(file).collect()
        };
        assert_eq!(files(&source), files(&split));
    }
    std::fs::remove_dir_all(published.join("train/n01443537")).unwrap();
    assert!(error(&published).contains("'n01443537' is missing"), "{}", error(&published));
}

fn omniglot_fixture(root: &Path, lists: bool) {
    for alphabet in ["A", "B", "C", "D", "E", "F", "G"] {
        touch(&root.join(format!("images_background/{alphabet}/character01/1_01.png")));
    }
    touch(&root.join("images_evaluation/Z/character02/2_01.png"));
    if lists {
        for (split, character) in
            [("train", "A/character01"), ("val", "B/character01"), ("test", "Z/character02")]
        {
            let line = |turn| format!("{character}/rot{turn}\n");
            let text: String = ["000", "090", "180", "270"].map(line).concat();
            write(&root.join(format!("splits/vinyals/{split}.txt")), &text);
        }
    }
}

#[test]
fn omniglot_folders_and_zips_list_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let folders = dir.path().join("omniglot");
    omniglot_fixture(&folders, true);
    let source = open(Some(dir.path())).unwrap();
    assert_eq!(source.name(), "omniglot");
    assert_eq!(counts(&source), [Some((4, 4)); 3]);

    let zipped = tempfile::tempdir().unwrap();
    for part in ["images_background", "images_evaluation"] {
        let file = std::fs::File::create(zipped.path().join(format!("{part}.zip"))).unwrap();
        let mut archive = zip::ZipWriter::new(file);
        for alphabet in subfolders(&folders.join(part)).unwrap() {
            for character in subfolders(&alphabet).unwrap() {
                for image in entries(&character).unwrap() {
                    let name = image.strip_prefix(&folders).unwrap().to_str().unwrap();
                    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                    archive.write_all(&std::fs::read(&image).unwrap()).unwrap();
                }
            }
        }
        archive.finish().unwrap();
    }
    let without_lists = open(Some(zipped.path())).unwrap();
    let ids = |source: &DataSource, split| -> Vec<String> {
        let dataset = source.split(split).unwrap();
        for class in &dataset.classes {
            class.images[0].decode(2).unwrap();
        }
        dataset.classes.into_iter().map(|class| class.id).collect()
    };
    // F is the sixth of the background alphabets.
    assert_eq!(ids(&without_lists, Split::Val)[1], "F/character01/rot090");
    assert_eq!(counts(&without_lists), [Some((24, 24)), Some((4, 4)), Some((4, 4))]);

    let lists = zipped.path().join("splits/vinyals");
    std::fs::create_dir_all(&lists).unwrap();
    for split in Split::ALL {
        let name = format!("{split}.txt");
        std::fs::copy(folders.join("splits/vinyals").join(&name), lists.join(&name)).unwrap();
    }
    let with_lists = open(Some(zipped.path())).unwrap();
    for split in Split::ALL {
        assert_eq!(ids(&with_lists, split), ids(&source, split));
    }
    write(&lists.join("test.txt"), "A/character01/rot180\n");
    assert!(error(zipped.path()).contains("overlap"), "{}", error(zipped.path()));
    write(&lists.join("test.txt"), "Z/character02/rot45\n");
    assert!(error(zipped.path()).contains("000, 090, 180 or 270"), "{}", error(zipped.path()));
}

#[test]
fn folders_with_and_without_splits() {
    let dir = tempfile::tempdir().unwrap();
    for (split, class) in [("train", "a"), ("train", "b"), ("test", "c")] {
        touch(&dir.path().join(split).join(class).join("1.png"));
    }
    let source = open(Some(dir.path())).unwrap();
    assert_eq!(counts(&source), [Some((2, 2)), None, Some((1, 1))]);
    let message = source.split(Split::Val).unwrap_err().to_string();
    assert!(message.contains("no split 'val'; it has train, test"), "{message}");
    assert!(source.for_training(0).unwrap().1.is_none());

    let whole = open(Some(&dir.path().join("train"))).unwrap();
    assert_eq!(counts(&whole), [Some((2, 2)); 3]);
    let message = whole.for_training(0).unwrap_err().to_string();
    assert!(message.contains("at least 6"), "{message}");

    std::fs::create_dir(dir.path().join("train/empty")).unwrap();
    assert!(error(dir.path()).contains("train/empty holds no picture"), "{}", error(dir.path()));
}

#[test]
fn a_class_is_the_outermost_folder_and_what_is_not_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("mine");
    for file in ["cat/images/1.png", "cat/2.png", "dog/train/1.png", "dog/test/1.png"] {
        touch(&root.join(file));
    }
    for file in ["cat/.ipynb_checkpoints/1.png", "@eaDir/cat/1.png", "__MACOSX/1.png"] {
        touch(&root.join(file));
    }
    for file in ["loose.png", "dog/old/1.png", "dog/IMG_1.HEIC"] {
        touch(&root.join(file));
    }
    let source = open(Some(&root)).unwrap();
    assert!(source.is_own() && source.is_whole());
    assert_eq!(counts(&source)[0], Some((2, 5)));
    let sentence = source.unread().sentence().unwrap();
    let named = "2 files are not used: dog/IMG_1.HEIC, loose.png (";
    assert!(sentence.starts_with(named), "{sentence}");
    // The same within splits.
    for file in ["train/a/images/1.png", "test/b/images/1.png"] {
        touch(&dir.path().join("split").join(file));
    }
    let split = open(Some(&dir.path().join("split"))).unwrap();
    assert_eq!(counts(&split), [Some((1, 1)), None, Some((1, 1))]);
    assert_eq!((split.all().classes.len(), split.unread().sentence()), (2, None));
}

#[test]
fn classes_are_those_of_the_page() {
    #[derive(serde::Deserialize)]
    struct Case {
        what: String,
        classes: BTreeMap<String, Vec<String>>,
        #[serde(default)]
        hidden: Vec<String>,
        #[serde(default)]
        beside: Vec<String>,
    }
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../../tests/folders.json")).unwrap();
    for Case { what, classes, hidden, beside } in cases {
        let dir = tempfile::tempdir().unwrap();
        for file in classes.values().flatten().chain(&hidden).chain(&beside) {
            touch(&dir.path().join(file));
        }
        let source = open(Some(dir.path())).unwrap();
        let mut found = BTreeMap::new();
        for class in source.all().classes {
            let relative = |image: &ImageSource| relative(dir.path(), image.path().unwrap());
            let mut pictures: Vec<_> = class.images.iter().map(relative).collect();
            pictures.sort();
            found.insert(class.name, pictures);
        }
        assert_eq!(found, classes, "{what}");
        // Of parts of a data set, examples are the classes of all of them.
        let given: Vec<_> = class_folders(dir.path()).unwrap();
        assert!(given.iter().map(|class| &class.name).eq(classes.keys()), "{what}");
        let unread = source.unread().sentence().unwrap_or_default();
        assert!(beside.iter().all(|file| unread.contains(file)), "{what}: {unread}");
        assert!(!beside.is_empty() || unread.is_empty(), "{what}: {unread}");
    }
}

#[test]
#[cfg(unix)]
fn a_linked_class_keeps_its_own_name() {
    let dir = tempfile::tempdir().unwrap();
    touch(&dir.path().join("store/0001/1.png"));
    std::fs::create_dir_all(dir.path().join("mine")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("store/0001"), dir.path().join("mine/cat")).unwrap();
    let source = open(Some(&dir.path().join("mine"))).unwrap();
    assert_eq!(source.split(Split::Test).unwrap().classes[0].id, "cat");
}

#[test]
fn one_folder_is_cut_by_seed_for_training() {
    let dir = tempfile::tempdir().unwrap();
    for class in 0..10 {
        touch(&dir.path().join(format!("class{class}/1.png")));
    }
    let whole = open(Some(dir.path())).unwrap();
    let ids = |seed| {
        let (cut, sentence) = whole.for_training(seed).unwrap();
        assert!(sentence.unwrap().contains("6 train, 2 validate and 2"));
        check_disjoint(&cut.listing).unwrap();
        Split::ALL.map(|split| {
            let classes = cut.split(split).unwrap().classes;
            classes.into_iter().map(|class| class.id).collect::<Vec<_>>()
        })
    };
    assert_eq!(ids(3), ids(3));
    assert_ne!(ids(3), ids(4));
    assert_eq!(ids(3).map(|side| side.len()), [6, 2, 2]);
}

#[test]
fn what_was_looked_for_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let message = error(dir.path());
    for layout in &LAYOUTS {
        assert!(message.contains(layout.known_by), "{message}");
    }
    assert!(error(&dir.path().join("nowhere")).contains("there is no folder"));
    omniglot_fixture(&dir.path().join("omniglot"), false);
    touch(&dir.path().join("cifar100/data/bed/1.png"));
    write(&dir.path().join("cifar100/splits/bertinetto/train.txt"), "bed");
    assert!(error(dir.path()).contains("several data sets; give one of"), "{}", error(dir.path()));
}

/// The published counts of classes and pictures, on the real data where found:
/// in `FEWSHOT_DATA`, else beside the repository.
#[test]
fn published_counts_of_the_real_data() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = std::env::var_os("FEWSHOT_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let expected = [
        ("omniglot", [(4112, 82_240), (688, 13_760), (1692, 33_840)]),
        ("cifar100", [(64, 38_400), (16, 9_600), (20, 12_000)]),
        ("tiny-imagenet-fewshot", [(64, 32_000), (16, 8_000), (20, 10_000)]),
        ("caltech101", [(60, 2_144), (20, 715), (20, 718)]),
    ];
    for (folder, published) in expected {
        let root = data.join(folder);
        if root.is_dir() {
            assert_eq!(counts(&open(Some(&root)).unwrap()), published.map(Some), "{folder}");
        } else {
            // Past the test runner, which keeps to itself what passing tests print.
            let why = "set FEWSHOT_DATA to check it";
            let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; {why}", root.display());
        }
    }
}
