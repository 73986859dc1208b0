//! The data sets that are known by name: where they are published, on what
//! terms, how they lie on disk, and which files can simply be fetched.

/// A data set that is published somewhere.
#[derive(Debug)]
pub struct Known {
    /// Name, as typed; the data set's own folder is called so.
    pub name: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// Where it is published.
    pub published: &'static str,
    /// On what terms.
    pub terms: &'static str,
    /// How it must lie for `--data` to find it.
    pub layout: &'static str,
    /// The files to fetch; none where no stable public address is known.
    pub files: &'static [Remote],
    /// What to do where it cannot be fetched.
    pub by_hand: &'static str,
}

/// A file to fetch.
#[derive(Debug)]
pub struct Remote {
    /// Its address, of one revision where it lies in a repository.
    pub url: &'static str,
    /// Where it belongs in the data set's folder.
    pub path: &'static str,
    /// SHA-256 of its bytes.
    pub sha256: &'static str,
    /// How many they are.
    pub bytes: u64,
    /// Further hosts that the address is known to lead to.
    pub hosts: &'static [&'static str],
    /// What becomes of it then.
    pub unpack: Unpack,
}

/// What becomes of a file that was fetched, in the data set's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpack {
    /// It is used as it is.
    Nothing,
    /// A zip that is unpacked.
    Zip {
        /// The most bytes it may hold.
        most_bytes: u64,
    },
    /// A zip of which a packed tar is unpacked.
    TarInZip {
        /// Name of the tar, in whichever folder of the zip.
        tar: &'static str,
        /// The most bytes the tar may hold.
        most_bytes: u64,
    },
    /// The binary version of CIFAR-100, of which CIFAR-FS is made.
    Cifar100,
}

/// A list of Vinyals et al. (2016), at a fixed commit of Snell's repository.
const fn vinyals(
    url: &'static str,
    path: &'static str,
    bytes: u64,
    sha256: &'static str,
) -> Remote {
    Remote { url, path, sha256, bytes, hosts: &[], unpack: Unpack::Nothing }
}

/// All of them, in the order they are listed.
pub const KNOWN: [Known; 5] = [
    Known {
        name: "omniglot",
        about: "1623 handwritten characters of 50 alphabets, 20 drawings of each, 105 x 105, \
                black on white (Lake et al. 2015)",
        published: "https://github.com/brendenlake/omniglot; split by Vinyals et al. (2016): \
                    https://github.com/jakesnell/prototypical-networks",
        terms: "MIT",
        layout: "images_background and images_evaluation, as folders or as the two zips, and \
                 splits/vinyals/{train,val,test}.txt",
        files: &[
            Remote {
                url: "https://raw.githubusercontent.com/brendenlake/omniglot/057f034baf2ecb8530bc5710e5a23584d2a519cc/python/images_background.zip",
                path: "images_background.zip",
                sha256: "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
                bytes: 9_464_212,
                hosts: &[],
                unpack: Unpack::Nothing,
            },
            Remote {
                url: "https://raw.githubusercontent.com/brendenlake/omniglot/057f034baf2ecb8530bc5710e5a23584d2a519cc/python/images_evaluation.zip",
                path: "images_evaluation.zip",
                sha256: "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
                bytes: 6_462_886,
                hosts: &[],
                unpack: Unpack::Nothing,
            },
            vinyals(
                "https://raw.githubusercontent.com/jakesnell/prototypical-networks/c9bb4d258267c11cb6e23f0a19242d24ca98ad8a/data/omniglot/splits/vinyals/train.txt",
                "splits/vinyals/train.txt",
                133_244,
                "984522c194c30fb678ce53304a160a42faf5403ad4f9a67010f32dd3a35738e0",
            ),
            vinyals(
                "https://raw.githubusercontent.com/jakesnell/prototypical-networks/c9bb4d258267c11cb6e23f0a19242d24ca98ad8a/data/omniglot/splits/vinyals/val.txt",
                "splits/vinyals/val.txt",
                21_312,
                "11f99e54faee3e26f53d3231c1cceac5bf7b8730e9be31cb6dab256551dc0c1a",
            ),
            vinyals(
                "https://raw.githubusercontent.com/jakesnell/prototypical-networks/c9bb4d258267c11cb6e23f0a19242d24ca98ad8a/data/omniglot/splits/vinyals/test.txt",
                "splits/vinyals/test.txt",
                50_372,
                "845264cc5c156180828ccf17915668b17ee21424d0170df6e7d81676aa5d1204",
            ),
        ],
        by_hand: "download the two zips of the folder python/ there and put them into one folder",
    },
    Known {
        name: "cifar-fs",
        about: "100 classes of 600 colour photographs, 32 x 32: CIFAR-100 split 64/16/20 by class \
                (Krizhevsky 2009; Bertinetto et al. 2019)",
        published: "https://www.cs.toronto.edu/~kriz/cifar.html, its split at \
                    https://github.com/bertinetto/r2d2",
        terms: "none stated; who uses it is asked to cite Krizhevsky (2009), and it is used for \
                research",
        layout: "cifar100/data/<class>/*.png and cifar100/splits/bertinetto/{train,val,test}.txt",
        // Size and digest are those of tensorflow/datasets (url_checksums/cifar100.txt); the
        // same digest stands in JuliaML/MLDatasets.jl (src/CIFAR100/CIFAR100.jl). The address
        // leads to another host of the same department nowadays.
        files: &[Remote {
            url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            path: "cifar-100-binary.tar.gz",
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            bytes: 168_513_733,
            hosts: &["cave.cs.toronto.edu"],
            unpack: Unpack::Cifar100,
        }],
        by_hand: "follow the link to cifar100.zip in the README of R2D2 (a file of Google Drive \
                  that no program can fetch) and unpack it",
    },
    Known {
        name: "tiny-imagenet-200",
        about: "200 classes of 500 colour photographs, 64 x 64 (Stanford CS231n), of which 100 \
                are split by class here, 64/16/20, those of mini-ImageNet on the same side as \
                there",
        published: "https://cs231n.stanford.edu/tiny-imagenet-200.zip",
        terms: "ImageNet's: research only, not to be passed on",
        layout: "wnids.txt, words.txt, train/<wnid>/images/*.JPEG; or tiny-imagenet-fewshot/: data/<wnid>/*.JPEG, \
                 splits/{train,val,test}.txt, words.txt",
        files: &[Remote {
            url: "https://cs231n.stanford.edu/tiny-imagenet-200.zip",
            path: "tiny-imagenet-200.zip",
            sha256: "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
            bytes: 248_100_043,
            hosts: &[],
            unpack: Unpack::Zip { most_bytes: 1 << 30 },
        }],
        by_hand: "download the zip and unpack it",
    },
    Known {
        name: "caltech101",
        about: "100 classes of 31 to 800 colour photographs of things, about 300 x 200 (Fei-Fei et \
                al. 2004), split by class here, 60/20/20; in this project's figures at most 36 \
                pictures of each",
        published: "https://doi.org/10.22002/D1.20086",
        terms: "CC BY 4.0",
        layout: "101_ObjectCategories/<class>/*.jpg as published; or caltech101/: \
                 data/<class>/*.jpg, splits/{train,val,test}.txt",
        // Size and digest are those of tensorflow/datasets (datasets/caltech101/checksums.tsv);
        // others who fetched it publish the same digest. Both hosts are CaltechDATA's storage by
        // its own settings (caltechlibrary/caltechdata, invenio.cfg), now and before.
        files: &[Remote {
            url: "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip?download=1",
            path: "caltech-101.zip",
            sha256: "331234750fc7f77520e50d9565e8b6907b03565e30320da1401130db08c61f91",
            bytes: 137_414_764,
            hosts: &["caltech2.osn.mghpcc.org", "s3.us-west-2.amazonaws.com"],
            unpack: Unpack::TarInZip { tar: "101_ObjectCategories.tar.gz", most_bytes: 1 << 30 },
        }],
        by_hand: "download caltech-101.zip there and unpack it, and 101_ObjectCategories.tar.gz in it",
    },
    Known {
        name: "mini-imagenet",
        about: "100 classes of 600 colour photographs of ImageNet, split 64/16/20 (Vinyals et al. \
                2016; Ravi and Larochelle 2017)",
        published: "lists: https://github.com/twitter-research/meta-learning-lstm; pictures: \
                    https://image-net.org",
        terms: "ImageNet's: research only, not to be passed on",
        layout: "images/*.jpg with train.csv, val.csv and test.csv (columns filename,label)",
        files: &[],
        by_hand: "get the pictures from ImageNet, for which an account is needed, and the three \
                  lists from the folder data/miniImagenet/ there",
    },
];

/// The data set of that name.
#[must_use]
pub fn known(name: &str) -> Option<&'static Known> {
    const ALL: &[Known] = &KNOWN;
    ALL.iter().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_says_how_to_get_it() {
        for set in &KNOWN {
            assert!(known(set.name).is_some());
            assert!(set.published.contains("http"), "{}", set.name);
            assert!(!set.by_hand.is_empty() && !set.terms.is_empty() && !set.layout.is_empty());
            for file in set.files {
                assert!(file.sha256.len() == 64 && file.bytes > 0, "{}", file.url);
                assert!(file.url.starts_with("https://"), "{}", file.url);
                assert!(file.hosts.iter().all(|host| !host.contains('/')), "{}", file.url);
                // What lies in a repository is named by its commit, which nobody can move.
                let commit = |part: &str| {
                    part.len() == 40 && !part.contains(|c: char| !c.is_ascii_hexdigit())
                };
                let in_repository = file.url.contains("github");
                assert!(!in_repository || file.url.split('/').any(commit), "{}", file.url);
            }
        }
        assert!(known("imagenet").is_none());
    }
}
