//! The shape of the repository: what may know what, and how much fits into a file.
//!
//! Who may depend on whom is held by `.ci/check-dependencies` as well, down to the last indirect
//! dependency. What is said here fails with the other tests, and without the network.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Lines of a file, and of a function's `main.rs`.
const FILE_LIMIT: usize = 400;
const MAIN_LIMIT: usize = 45;

/// What does input and output, or belongs to a vendor. Rules are values in, values out.
const NOT_IN_DOMAIN: [&str; 11] = [
    "async", "aws", "axum", "egress", "futures", "http", "hyper", "lambda", "reqwest", "rustls",
    "tokio",
];

/// A crate of ours.
struct Crate {
    folder: String,
    path: PathBuf,
    manifest: String,
}

impl Crate {
    fn package(&self) -> &str {
        let named = self.manifest.lines().find_map(|it| it.strip_prefix("name = \""));
        named.and_then(|it| it.strip_suffix('"')).unwrap()
    }

    /// What it runs with. What only its tests need is none of it.
    fn dependencies(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut section = "";
        for line in self.manifest.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line.trim_matches(['[', ']']);
                // `[dependencies.name]` is a dependency with a section of its own.
                names.extend(section.strip_prefix("dependencies.").map(str::to_owned));
            } else if section == "dependencies" || section.ends_with("'.dependencies") {
                let name = line.split(['.', '=', ' ']).next().filter(|it| !it.is_empty());
                names.extend(name.filter(|it| !it.starts_with('#')).map(str::to_owned));
            }
        }
        names
    }

    fn source(&self, file: &str) -> String {
        let path = self.path.join("src").join(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn crates_in(folder: &str) -> Vec<Crate> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|it| it.unwrap());
    let mut crates: Vec<_> = entries
        .map(|entry| Crate {
            folder: entry.file_name().into_string().unwrap(),
            path: entry.path(),
            manifest: fs::read_to_string(entry.path().join("Cargo.toml")).unwrap(),
        })
        .collect();
    crates.sort_by(|one, other| one.folder.cmp(&other.folder));
    crates
}

fn functions() -> Vec<Crate> {
    crates_in("functions")
}

fn shared() -> Vec<Crate> {
    crates_in("shared")
}

fn all() -> impl Iterator<Item = Crate> {
    functions().into_iter().chain(shared())
}

/// Every Rust file of ours, by its path in the repository.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["functions", "shared", "tests"] {
        gather(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn gather(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn a_folder_is_named_like_its_package() {
    for it in all() {
        let is_kebab = it.folder.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
        assert!(is_kebab, "{}", it.folder);
        assert_eq!(it.package(), it.folder);
    }
}

/// What two functions need is shared; what one needs is its own.
#[test]
fn no_function_knows_another() {
    let functions = functions();
    let names: BTreeSet<_> = functions.iter().map(|it| it.folder.clone()).collect();
    for it in all() {
        let known: Vec<_> = it.dependencies().intersection(&names).cloned().collect();
        assert!(known.is_empty(), "{} depends on {known:?}", it.folder);
    }
}

#[test]
fn nothing_that_is_deployed_knows_the_local_world() {
    for it in all() {
        assert!(!it.dependencies().contains("local"), "{}", it.folder);
    }
}

/// Carriers, the CRM and AWS meet in `app` or in a function, and no arrow points up.
#[test]
fn knowledge_stops_where_it_should() {
    let may_use: [(&str, &[&str]); 9] = [
        ("app", &["aws", "carriers", "domain", "egress", "ghl"]),
        ("aws", &["domain"]),
        ("carriers", &["domain", "egress"]),
        ("cli", &["egress"]),
        ("domain", &[]),
        ("edge", &["app", "aws", "carriers", "domain"]),
        ("egress", &[]),
        ("ghl", &["domain", "egress"]),
        ("local", &["aws", "domain"]),
    ];
    let shared = shared();
    let ours: BTreeSet<_> = shared.iter().map(|it| it.folder.clone()).collect();
    assert!(ours.iter().eq(may_use.iter().map(|(name, _)| name)));

    for (it, (name, may_use)) in shared.iter().zip(may_use) {
        let uses: Vec<_> = it.dependencies().intersection(&ours).cloned().collect();
        assert!(uses.iter().all(|it| may_use.contains(&it.as_str())), "{name} depends on {uses:?}");
    }
}

#[test]
fn rules_do_no_input_or_output() {
    let domain = shared().into_iter().find(|it| it.folder == "domain").unwrap();
    for name in domain.dependencies() {
        assert!(!NOT_IN_DOMAIN.iter().any(|it| name.starts_with(it)), "domain depends on {name}");
    }
    for (name, text) in files().iter().filter(|(name, _)| name.starts_with("shared/domain/src")) {
        assert!(!text.contains("async fn"), "{name}");
    }
}

#[test]
fn only_aws_names_the_sdk() {
    for it in all().filter(|it| it.folder != "aws") {
        let named: Vec<_> = it.dependencies().into_iter().filter(|it| is_sdk(it)).collect();
        assert!(named.is_empty(), "{} depends on {named:?}", it.folder);
    }
}

fn is_sdk(dependency: &str) -> bool {
    ["aws-sdk-", "aws-config", "aws-smithy-"].iter().any(|it| dependency.starts_with(it))
}

/// It sets the timeouts and limits, and blots out what must not be logged.
#[test]
fn only_egress_calls_strangers() {
    for it in all().filter(|it| !["egress", "local"].contains(&it.folder.as_str())) {
        assert!(!it.dependencies().contains("reqwest"), "{}", it.folder);
    }
}

#[test]
fn a_main_only_wires() {
    for it in functions() {
        let main = it.source("main.rs");
        let words: BTreeSet<_> = main.split(|c: char| !c.is_alphanumeric() && c != '_').collect();

        assert!(main.lines().count() <= MAIN_LIMIT, "{}", it.folder);
        for branch in ["if", "else", "match", "while", "for", "loop"] {
            assert!(!words.contains(branch), "{} has `{branch}` in its main", it.folder);
        }
    }
}

#[test]
fn every_crate_says_what_it_is_for() {
    for it in all() {
        assert!(it.source("lib.rs").starts_with("//! "), "{}", it.folder);
    }
}

#[test]
fn every_shared_crate_says_what_it_must_never_do() {
    for it in shared() {
        assert!(it.source("lib.rs").contains("//! **Invariant:** "), "{}", it.folder);
    }
}

#[test]
fn every_file_is_short_enough_to_be_read_at_once() {
    for (name, text) in files() {
        let lines = text.lines().take_while(|it| it.trim() != "#[cfg(test)]").count();
        let is_all_tests = name.ends_with("/tests.rs") || name.contains("/tests/");
        assert!(is_all_tests || lines <= FILE_LIMIT, "{name} has {lines} lines before its tests");
    }
}

/// What is not finished is not here, and what does not hold is not tested.
#[test]
fn nothing_is_put_off() {
    // Put together, so that this file does not name them.
    let words = [
        concat!("#[", "ignore"),
        concat!("to", "do!"),
        concat!("unimplemented", "!"),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    for (name, text) in files() {
        for word in words {
            assert!(!text.contains(word), "{name} has {word}");
        }
    }
}
