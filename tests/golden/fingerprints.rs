//! The shipped weights as every version has read them: a classifier that was exported
//! names the fingerprint of its model, and must find it again.

use anyhow::Result;
use fewshot::Checkpoint;

#[test]
fn the_shipped_weights_keep_their_fingerprints() -> Result<()> {
    let shipped: [(&[u8], &str); 3] = [
        (include_bytes!("../../weights/omniglot.safetensors"), "d9d3f3e30fcd735a"),
        (include_bytes!("../../weights/photos.safetensors"), "67d9dbbe04c85684"),
        (include_bytes!("../../weights/cifar-fs.safetensors"), "62d3daf1230d712b"),
    ];
    for (bytes, fingerprint) in shipped {
        assert_eq!(Checkpoint::from_bytes(bytes)?.fingerprint()?, fingerprint);
    }
    Ok(())
}
