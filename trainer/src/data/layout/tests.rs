//! Every layout on a fixture made here, and on the real data where it is found.

use std::io::Write;

use super::*;
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
fn tiny_imagenet_200() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tiny-imagenet-200");
    let ids: Vec<String> = (0..25).map(|number| format!("n{number:08}")).collect();
    let mut annotations = String::new();
    for id in &ids {
        touch(&root.join("train").join(id).join("images").join(format!("{id}_0.JPEG")));
        touch(&root.join("val/images").join(format!("val_{id}.JPEG")));
        annotations += &format!("val_{id}.JPEG\t{id}\t0\t0\t62\t62\n");
    }
    write(&root.join("val/val_annotations.txt"), &annotations);
    write(&root.join("wnids.txt"), &ids.join("\n"));
    let source = open(Some(dir.path())).unwrap();
    assert_eq!(source.name(), "tiny-imagenet-200");
    assert_eq!(counts(&source), [Some((16, 32)), Some((4, 8)), Some((5, 10))]);
    // The split is fixed: it may never move between versions.
    let first = &source.split(Split::Train).unwrap().classes[0];
    assert_eq!(first.id, *ids.iter().min_by_key(|id| sha(id)).unwrap());
    assert!(first.images.iter().all(|image| image.identity().contains(&first.id)));
}

fn sha(text: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).to_vec()
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
    ];
    for (folder, published) in expected {
        let root = data.join(folder);
        if root.is_dir() {
            assert_eq!(counts(&open(Some(&root)).unwrap()), published.map(Some), "{folder}");
        } else {
            eprintln!("SKIPPED: there is no {}; set FEWSHOT_DATA to check it", root.display());
        }
    }
}
