//! Weights as every version has read them: a classifier that was exported names the
//! fingerprint of its model, and must find it again.

use anyhow::Result;
use fewshot::Checkpoint;

#[test]
fn weights_of_commit_3528f3f_keep_their_fingerprints() -> Result<()> {
    let earlier: [(&[u8], &str); 3] = [
        (include_bytes!("../earlier/omniglot.safetensors"), "d9d3f3e30fcd735a"),
        (include_bytes!("../earlier/photos.safetensors"), "67d9dbbe04c85684"),
        (include_bytes!("../earlier/cifar-fs.safetensors"), "62d3daf1230d712b"),
    ];
    for (bytes, fingerprint) in earlier {
        assert_eq!(Checkpoint::from_bytes(bytes)?.fingerprint()?, fingerprint);
    }
    Ok(())
}
