//! Rules of the house that a machine can check.

use crate::support::{check, root};
use libtest_mimic::Trial;
use schemas::wire::RejectionCode;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        check("tidy::every_source_file_opens_with_what_it_owns", headers),
        check("tidy::no_source_file_is_longer_than_500_lines", lengths),
        check("tidy::dependencies_point_one_way", directions),
        check("tidy::lapin_sqlx_and_axum_stay_behind_one_module_of_the_hub", walls),
        check("tidy::no_private_key_is_committed", keys),
        check("tidy::every_rejection_code_is_documented", codes),
        check("tidy::the_five_first_files_tell_a_messages_way_in_under_900_lines", five_files),
        check("tidy::nothing_is_left_undone", leftovers),
    ]
}

const CRATES: [&str; 6] = ["gateway", "adapters", "schemas", "certs", "simulators", "tests"];

fn sources_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources_under(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources_under(&root().join(folder), &mut found);
    let read = |path: PathBuf| {
        (path.strip_prefix(root()).expect("within").display().to_string(), fs::read_to_string(&path).expect("UTF-8"))
    };
    found.into_iter().map(read).collect()
}

fn all_sources() -> impl Iterator<Item = (String, String)> {
    CRATES.into_iter().flat_map(sources)
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn assert_none(what: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

fn headers() {
    assert_none(
        "no //! at the head",
        all_sources().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect(),
    );
}

fn lengths() {
    let long = all_sources().filter(|(_, text)| text.lines().count() > 500);
    assert_none(
        "longer than 500 lines",
        long.map(|(path, text)| format!("{path}: {}", text.lines().count())).collect(),
    );
}

fn directions() {
    let allowed: [(&str, &[&str]); 5] = [
        ("schemas", &[]),
        ("certs", &[]),
        ("gateway", &["schemas", "certs"]),
        ("adapters", &["schemas", "certs"]),
        ("simulators", &["schemas", "certs", "adapters"]),
    ];
    for (name, allowed) in allowed {
        let manifest: toml::Table = text(&format!("{name}/Cargo.toml")).parse().expect("TOML");
        let dependencies = manifest["dependencies"].as_table().expect("a table").keys();
        let wrong = dependencies.filter(|other| CRATES.contains(&other.as_str()) && !allowed.contains(&other.as_str()));
        assert_none(&format!("{name} may not depend on"), wrong.cloned().collect());
    }
}

fn walls() {
    for (library, room) in
        [("lapin", "gateway/src/broker/"), ("sqlx", "gateway/src/store/"), ("axum", "gateway/src/http/")]
    {
        let uses = |text: &str| {
            text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{library}::")))
        };
        let outside = sources("gateway/src").into_iter().filter(|(path, text)| !path.starts_with(room) && uses(text));
        assert_none(&format!("{library} is used outside {room}"), outside.map(|(path, _)| path).collect());
    }
}

fn keys() {
    let marker = ["-----BEGIN", "PRIVATE KEY-----"];
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().expect("git");
    let files = String::from_utf8(listed.stdout).expect("UTF-8");
    let holds_key = |path: &&str| {
        let content = fs::read(root().join(path)).unwrap_or_default();
        let text = String::from_utf8_lossy(&content);
        text.lines().any(|line| line.starts_with(marker[0]) && line.trim_end().ends_with(marker[1]))
    };
    assert_none(
        "private keys in git",
        files.split('\0').filter(|path| !path.is_empty()).filter(holds_key).map(Into::into).collect(),
    );
}

fn codes() {
    let readme = text("README.md");
    let missing = RejectionCode::ALL.iter().filter(|code| !readme.contains(&format!("`{code}`")));
    assert_none("README.md does not explain", missing.map(ToString::to_string).collect());
}

fn five_files() {
    let architecture = text("ARCHITECTURE.md");
    let section = architecture.split("## Read first").nth(1).expect("a section \"Read first\"");
    let section = section.split("\n## ").next().expect("its text");
    let files: Vec<&str> = section.split('`').filter(|word| word.ends_with(".rs")).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    let lines: usize = files.iter().map(|file| text(file).lines().count()).sum();
    assert!(lines < 900, "{lines} lines: {files:?}");
}

fn leftovers() {
    let words = ["TO", "FIX", "XX"]
        .into_iter()
        .zip(["DO", "ME", "X"])
        .map(|(one, other)| format!("{one}{other}"))
        .collect::<Vec<_>>();
    let has = |line: &str| {
        words.iter().any(|word| line.contains(word))
            || line.contains(concat!("todo", "!("))
            || line.contains(concat!("#[", "ignore"))
    };
    let found = all_sources().flat_map(|(path, text)| {
        text.lines()
            .enumerate()
            .filter(|(_, line)| has(line))
            .map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim()))
            .collect::<Vec<_>>()
    });
    assert_none("left undone", found.collect());
}
