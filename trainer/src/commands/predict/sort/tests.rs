use super::*;

#[test]
fn a_path_is_resolved_as_far_as_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("there")).unwrap();
    for (given, expected) in [
        ("there", "there"),
        ("there/new/deep", "there/new/deep"),
        ("there/../new", "new"),
        ("there/new/../other", "there/other"),
    ] {
        assert_eq!(resolved(&root.join(given)).unwrap(), root.join(expected), "{given}");
    }
}
