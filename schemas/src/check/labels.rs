//! Labels: is every field, code, question and rule named in English, and are the translations sound?
//!
//! Owns the comparison of label files with what the schemas declare, and of translations with their English original.

use super::Finding;
use crate::area::{Area, AreaVersion, Areas, entries, toml};
use crate::validate::{Declared, DeclaredAt, declared};
use crate::wire::RejectionCode;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};
use toml::Spanned;

/// How many of a hundred texts each language has, by its tag, rounded down.
pub type Completeness = BTreeMap<String, u8>;

/// The language that every text is first written in.
const ENGLISH: &str = "en";
/// A translation that equals its original and has more words than this was probably forgotten.
const WORDS: usize = 3;

/// Section of a label file and key in it: `fields` and `DueDate`, `codes.Profession` and `nurse`.
type Key = (String, String);

/// A text and its line.
struct Label {
    text: String,
    line: u32,
}

struct LabelFile {
    path: PathBuf,
    labels: BTreeMap<Key, Label>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    fields: BTreeMap<String, Spanned<String>>,
    codes: BTreeMap<String, BTreeMap<String, Spanned<String>>>,
    questions: BTreeMap<String, Spanned<String>>,
    rules: BTreeMap<String, Spanned<String>>,
    rejections: BTreeMap<String, Spanned<String>>,
}

/// What a pack has to name, and what it may name.
struct Vocabulary {
    /// What has to be named, and where it is declared.
    needed: BTreeMap<Key, String>,
    known: BTreeSet<Key>,
    /// Whether it is a fault to lack what has to be named. Nobody can be asked to name all of a schema that others wrote.
    is_demanded: bool,
}

/// The labels of one version: how complete each language is, and what is wrong.
pub(super) fn of_version(
    root: &Path,
    area: &Area,
    version: &AreaVersion,
    declared: &Declared,
) -> (Completeness, Vec<Finding>) {
    let mut vocabulary = vocabulary(declared, &format!("areas/{}/", area.id));
    vocabulary.is_demanded = version.only_spelling().is_none();
    let own = |section: &str, key: &str, file: &str, line: u32| {
        let place = format!("areas/{}/{}/{file}:{line}", area.id, version.number);
        ((section.to_owned(), key.to_owned()), place)
    };
    let questions = version.questions.iter().map(|(code, it)| own("questions", code, "questions.toml", it.line));
    let rules = version.rules.iter().map(|rule| own("rules", &rule.id, "rules.toml", rule.line));
    for (key, place) in questions.chain(rules) {
        vocabulary.known.insert(key.clone());
        vocabulary.needed.insert(key, place);
    }
    let folder = root.join(format!("areas/{}/{}/labels", area.id, version.number));
    // A field of others that happens to be called like one of ours is another field.
    let common = if vocabulary.is_demanded { files(&root.join("common/labels")) } else { BTreeMap::new() };
    let promised = if vocabulary.is_demanded { promised(&area.languages) } else { BTreeSet::new() };
    compare(&folder, &files(&folder), &common, &vocabulary, &promised)
}

/// The labels that areas share.
pub(super) fn common(root: &Path, areas: &Areas) -> Vec<Finding> {
    let folder = root.join("common/labels");
    let mut all = Declared::default();
    for (_, version) in areas.versions() {
        let Some(declared) = declared(version) else { continue };
        all.fields.extend(declared.fields);
        all.codes.extend(declared.codes);
    }
    let own = files(&folder);
    let shared = |places: &Vec<DeclaredAt>| places.iter().any(|place| place.file.starts_with("common/"));
    if own.is_empty() || !all.fields.values().any(shared) {
        return Vec::new();
    }
    let mut vocabulary = vocabulary(&all, "common/");
    for code in RejectionCode::ALL {
        let key = ("rejections".to_owned(), code.to_string());
        vocabulary.known.insert(key.clone());
        vocabulary.needed.insert(key, "the contract's list of codes".into());
    }
    let areas = areas.iter().flat_map(|area| &area.languages);
    compare(&folder, &own, &BTreeMap::new(), &vocabulary, &promised(areas)).1
}

/// The languages that have to be complete: English, and those named.
fn promised<'a>(named: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    named.into_iter().map(String::as_str).chain([ENGLISH]).collect()
}

fn vocabulary(declared: &Declared, home: &str) -> Vocabulary {
    let field = |(name, places): (&String, &Vec<DeclaredAt>)| (("fields".to_owned(), name.clone()), places.clone());
    let code = |((list, code), places): (&(String, String), &Vec<DeclaredAt>)| {
        ((format!("codes.{list}"), code.clone()), places.clone())
    };
    let all: Vec<_> = declared.fields.iter().map(field).chain(declared.codes.iter().map(code)).collect();
    let needed = all.iter().filter_map(|(key, places)| {
        let place = places.iter().find(|place| place.file.starts_with(home))?;
        let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
        Some((key.clone(), format!("{}{line}", place.file)))
    });
    let known = all.iter().map(|(key, _)| key.clone()).collect();
    Vocabulary { needed: needed.collect(), known, is_demanded: true }
}

/// The label files of a folder by language. A file that cannot be read kept its pack from loading, and was reported.
fn files(folder: &Path) -> BTreeMap<String, LabelFile> {
    let paths = entries(folder).unwrap_or_default();
    let toml_files = paths.into_iter().filter(|path| path.extension() == Some(OsStr::new("toml")));
    toml_files
        .filter_map(|path| {
            let language = path.file_stem()?.to_str()?.to_owned();
            let written: Written = toml(&path).ok()?;
            let source = fs::read_to_string(&path).ok()?;
            Some((language, LabelFile { labels: labels(written, &source), path }))
        })
        .collect()
}

fn labels(written: Written, source: &str) -> BTreeMap<Key, Label> {
    let codes = written.codes.into_iter().map(|(list, codes)| (format!("codes.{list}"), codes));
    let others = [
        ("fields", written.fields),
        ("questions", written.questions),
        ("rules", written.rules),
        ("rejections", written.rejections),
    ];
    let sections = others.into_iter().map(|(name, texts)| (name.to_owned(), texts)).chain(codes);
    let mut labels = BTreeMap::new();
    for (section, texts) in sections {
        for (key, text) in texts {
            let line = source[..text.span().start].matches('\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            labels.insert((section.clone(), key), Label { text: text.into_inner(), line });
        }
    }
    labels
}

fn compare(
    folder: &Path,
    own: &BTreeMap<String, LabelFile>,
    common: &BTreeMap<String, LabelFile>,
    vocabulary: &Vocabulary,
    promised: &BTreeSet<&str>,
) -> (Completeness, Vec<Finding>) {
    let mut findings = Vec::new();
    let text = |language: &str, key: &Key| -> Option<&str> {
        let label = own.get(language).and_then(|file| file.labels.get(key));
        label.or_else(|| common.get(language)?.labels.get(key)).map(|label| label.text.as_str())
    };
    let mut completeness = Completeness::new();
    let languages: BTreeSet<&String> = own.keys().chain(common.keys()).collect();
    for language in languages {
        let named = vocabulary.needed.keys().filter(|key| text(language, key).is_some()).count();
        let percent = (named * 100).checked_div(vocabulary.needed.len()).unwrap_or(100);
        completeness.insert(language.clone(), u8::try_from(percent).unwrap_or(100));
    }
    for language in promised {
        for (key, place) in vocabulary.needed.iter().filter(|(key, _)| text(language, key).is_none()) {
            let (section, name) = key;
            findings.push(Finding::new(
                folder.join(format!("{language}.toml")),
                format!("there is no text for {name} ({place})"),
                format!("write {name} = \"...\" under [{section}]"),
            ));
        }
    }
    for (language, file) in own {
        for (key, label) in &file.labels {
            let english = text(ENGLISH, key).filter(|_| language != ENGLISH);
            if let Some((reason, remedy)) = fault(key, label, english, vocabulary) {
                findings.push(Finding::new(&file.path, reason, remedy).at(label.line));
            }
        }
    }
    (completeness, findings)
}

/// What is wrong with one label: the reason and the remedy.
fn fault(key: &Key, label: &Label, english: Option<&str>, vocabulary: &Vocabulary) -> Option<(String, &'static str)> {
    let (section, name) = key;
    if !vocabulary.known.contains(key) {
        return Some((format!("[{section}] names {name}, which exists nowhere"), "correct or remove it"));
    }
    if label.text.trim().is_empty() {
        return Some((format!("[{section}] {name} has no text"), "write one, or remove the line"));
    }
    let english = english?;
    if placeholders(&label.text) != placeholders(english) {
        let reason = format!("[{section}] {name} has other placeholders than the English text");
        return Some((reason, "use the same {...} as in English"));
    }
    if label.text == english && english.split_whitespace().count() > WORDS {
        return Some((format!("[{section}] {name} still is the English text"), "translate it, or remove the line"));
    }
    None
}

/// The `{...}` of a text, in alphabetical order: a translation may change their order.
fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    found.sort_unstable();
    found
}
