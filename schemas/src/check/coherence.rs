//! Whether the parts of a pack agree with each other: questions with the schema, country codes with ISO, deadlines with
//! elements, a version with the one before it.

use super::{Finding, line_of};
use crate::area::{Area, AreaVersion, Countries, CountryConvention, toml};
use crate::validate::{Declared, Proof};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The simple type whose codes are the area's questions.
const QUESTION_CODES: &str = "QuestionCode";

/// The simple type of countries that areas share.
const COUNTRIES: &str = "Country";

/// `common/countries.toml`.
#[derive(Deserialize)]
struct Spellings {
    country: Vec<Spelling>,
}

#[derive(Deserialize)]
struct Spelling {
    union: String,
    iso: String,
}

/// What concerns the area as a whole.
pub(super) fn area(root: &Path, area: &Area) -> Vec<Finding> {
    let file = pack_file(root, area);
    let mut findings = removed_messages(&file, area);
    if area.legal_basis.iter().all(|act| act.trim().is_empty()) || area.contact.trim().is_empty() {
        let reason = "it names no legal basis, or nobody to ask";
        findings.push(Finding::new(file, reason, "fill legal_basis and contact"));
    }
    findings
}

fn pack_file(root: &Path, area: &Area) -> PathBuf {
    root.join("areas").join(area.id.as_str()).join("area.toml")
}

/// Messages that a version has and the next has not.
fn removed_messages(file: &Path, area: &Area) -> Vec<Finding> {
    let messages = |number: u16| -> BTreeSet<_> {
        let types = area.messages.iter().map(|definition| &definition.message_type);
        types.filter(|name| name.version == number).map(|name| &name.message).collect()
    };
    let mut findings = Vec::new();
    for pair in area.versions.windows(2) {
        for message in messages(pair[0].number).difference(&messages(pair[1].number)) {
            let reason = format!("version {} no longer has the message {message}", pair[1].number);
            let remedy = "keep it in the new version too: whoever sends it has to have something to change to";
            findings.push(Finding::new(file, reason, remedy).at(line_of(file, &format!("\"{message}\""))));
        }
    }
    findings
}

/// What concerns one version.
pub(super) fn version(root: &Path, area: &Area, version: &AreaVersion, declared: &Declared) -> Vec<Finding> {
    let home = format!("areas/{}/", area.id);
    let mut findings = fields(&pack_file(root, area), area, declared);
    if let Some(countries) = &area.countries {
        findings.extend(country_codes(root, &pack_file(root, area), countries, (version, declared)));
    }
    if version.only_spelling().is_some() {
        // How others name their types, and what they call a question, is theirs.
        return findings;
    }
    findings.extend(questions(root, &home, version, declared));
    for place in declared.nameless.iter().filter(|place| place.file.starts_with(&home)) {
        let reason = "an enumeration has no named type, so its codes cannot have labels";
        findings.push(Finding::new(root.join(&place.file), reason, "give the simple type a name").at(place.line));
    }
    findings
}

/// Rules and assertions speak of what exists.
pub(super) fn expressions(root: &Path, area: &Area, version: &AreaVersion, proof: &Proof) -> Vec<Finding> {
    let home = format!("areas/{}/", area.id);
    let mut findings = Vec::new();
    let is_foreign = version.only_spelling().is_some();
    // What others assert in their schemas is theirs.
    for unknown in proof.unknown_names(version).into_iter().filter(|unknown| !is_foreign || unknown.place.is_ok()) {
        let (file, line) = match unknown.place {
            Ok(line) => (root.join(format!("{home}{}/rules.toml", version.number)), Some(line)),
            Err(place) => (root.join(place.file), place.line),
        };
        let names: Vec<String> = unknown.names.into_iter().collect();
        let reason = format!("the expression asks for {}, which no schema declares", names.join(", "));
        findings.push(Finding::new(file, reason, "correct the name, or write the prefix of its namespace").at(line));
    }
    findings
}

/// Deadlines count from elements that exist; in JSON, where a JSON Pointer names one, from a property at its end.
fn fields(file: &Path, area: &Area, declared: &Declared) -> Vec<Finding> {
    let fields = area.deadlines.iter().filter_map(|deadline| Some((deadline, deadline.from_field.as_ref()?)));
    // A path, or a JSON Pointer: its last step is what holds the date.
    let last = |field: &str| field.rsplit('/').next().unwrap_or(field).trim_start_matches('@').to_owned();
    let unknown = fields.filter(|(_, field)| !declared.fields.contains_key(&last(field)));
    let finding = |id: &str, field: &str| {
        let reason = format!("the deadline {id} counts from {field}, which no schema declares");
        Finding::new(file, reason, "correct from_field").at(line_of(file, &format!("from_field = \"{field}\"")))
    };
    unknown.map(|(deadline, field)| finding(&deadline.id, field)).collect()
}

/// Every code of the area stands for one of ISO 3166-1, and there is a map where the area has codes of its own.
fn country_codes(
    root: &Path,
    file: &Path,
    countries: &Countries,
    (version, declared): (&AreaVersion, &Declared),
) -> Vec<Finding> {
    let line = line_of(file, "[countries").or_else(|| line_of(file, "countries ="));
    let is_own = countries.convention == CountryConvention::Own;
    let mut findings = Vec::new();
    if is_own == countries.codes.is_empty() {
        let reason = "codes of its own need a map, and other conventions none";
        findings.push(Finding::new(file, reason, "correct [countries]").at(line));
    }
    let pairs = toml::<Spellings>(&root.join("common/countries.toml")).map(|spellings| spellings.country);
    let pairs = pairs.unwrap_or_default();
    // A schema of others has no type of countries to look in.
    let is_foreign = version.only_spelling().is_some();
    let is_listed = |code: &String| declared.codes.contains_key(&(COUNTRIES.to_owned(), code.clone()));
    let is_likely = |code: &String| is_foreign && code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_iso = |code: &String| {
        (is_listed(code) || is_likely(code)) && !pairs.iter().any(|pair| pair.union == *code && pair.iso != *code)
    };
    for (own, iso) in countries.codes.iter().filter(|(_, iso)| !is_iso(iso)) {
        let reason = format!("{own} stands for {iso}, which is no code of ISO 3166-1");
        let at = line_of(file, &format!("{own} = ")).or(line);
        findings.push(Finding::new(file, reason, "write the code of two letters").at(at));
    }
    findings
}

/// The questions are the codes of the type that the schema has for them.
fn questions(root: &Path, home: &str, version: &AreaVersion, declared: &Declared) -> Vec<Finding> {
    let listed = declared.codes.iter().filter(|((list, _), _)| list == QUESTION_CODES);
    let listed: Vec<_> = listed
        .filter_map(|((_, code), places)| Some((code, places.iter().find(|place| place.file.starts_with(home))?)))
        .collect();
    let file = root.join(format!("{home}{}/questions.toml", version.number));
    let mut findings = Vec::new();
    if listed.is_empty() {
        return findings;
    }
    for (code, place) in &listed {
        if !version.questions.contains_key(*code) {
            let reason = format!("{QUESTION_CODES} has the code {code}, which is no question of questions.toml");
            let remedy = "add a [[question]], or remove the code";
            findings.push(Finding::new(root.join(&place.file), reason, remedy).at(place.line));
        }
    }
    for (code, question) in &version.questions {
        if !listed.iter().any(|(listed, _)| *listed == code) {
            let reason = format!("the question {code} is no code of the schema's type {QUESTION_CODES}");
            findings.push(Finding::new(&file, reason, "add the code to the type").at(question.line));
        }
    }
    findings
}
