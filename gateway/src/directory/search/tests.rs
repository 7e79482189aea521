//! Searches over a small directory, and over a large one.

use super::*;
use crate::directory::{AuthorityStatus, change::Record};
use serde_json::{Value, json};

/// A record from its fields in JSON, with those that every authority has.
fn authority(id: &str, name: Value, more: Value) -> Record {
    let country = id.split('-').next().expect("a country");
    let mut fields = json!({ "id": id, "name": name, "country": country, "participant": format!("{country}-SYSTEM") });
    fields.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Record::Authority(serde_json::from_value(fields).expect("an authority"))
}

fn register(id: &str, name: Value, more: Value) -> Record {
    let country = id.split('-').next().expect("a country");
    let mut fields = json!({
        "id": id, "name": name, "country": country, "authority": format!("{country}-ONE"), "kind": "professional",
        "access": "public-free", "electronic": true, "verified": "2026-01-31", "version": 1,
    });
    fields.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Record::Register(serde_json::from_value(fields).expect("a register"))
}

fn directory(records: impl IntoIterator<Item = Record>) -> Directory {
    let mut directory = Directory::default();
    records.into_iter().for_each(|record| directory.put(record));
    directory
}

fn europe() -> Vec<Record> {
    let pq = |roles: &[&str]| json!([{ "area": "imi-pq", "roles": roles }]);
    let limic = |areas: &[&str]| json!({ "kind": "limic", "areas": areas });
    vec![
        authority(
            "PL-NIA-PHARM",
            json!({ "pl": "Naczelna Izba Aptekarska", "en": "Supreme Pharmaceutical Chamber" }),
            json!({
                "title": { "pl": "Izba" }, "languages": ["pl", "en"], "areas": pq(&["requester", "responder"]),
                "professions": ["pharmacist"], "keywords": { "en": ["diplomas of chemists"] },
            }),
        ),
        authority(
            "PL-OIA-KRAKOW",
            json!({ "pl": "Okręgowa Izba Aptekarska w Krakowie" }),
            json!({ "level": "regional", "regions": ["PL21"], "languages": ["pl"], "areas": pq(&["responder"]) }),
        ),
        authority("PL-IZBA", json!({ "pl": "Izba Aptekarska" }), json!({ "languages": ["pl"] })),
        authority(
            "EL-TEE",
            json!({ "el": "Τεχνικό Επιμελητήριο Ελλάδας", "en": "Technical Chamber of Greece" }),
            json!({ "languages": ["el"], "professions": ["architect"], "areas": pq(&["responder"]), "nace": ["71.1"] }),
        ),
        authority(
            "EL-ATTICA",
            json!({ "el": "Περιφέρεια Αττικής" }),
            json!({ "level": "regional", "regions": ["EL30"], "languages": ["el"], "nace": ["86.21"] }),
        ),
        authority("BG-KAB", json!({ "bg": "Камара на архитектите в България" }), json!({ "languages": ["bg"] })),
        authority(
            "DK-SST",
            json!({ "da": "Sundhedsstyrelsen for Læger på Østerbro" }),
            json!({ "languages": ["da"], "status": "suspended" }),
        ),
        authority(
            "HU-LIMIC",
            json!({ "hu": "Oktatási Hivatal" }),
            json!({ "languages": ["hu"], "areas": pq(&["coordinator"]), "coordinator": limic(&["imi-pq"]) }),
        ),
        authority(
            "PL-LIMIC",
            json!({ "pl": "Ministerstwo Nauki" }),
            json!({ "languages": ["pl"], "areas": pq(&["coordinator"]), "coordinator": limic(&["imi-pq"]) }),
        ),
        authority(
            "NO-LIMIC",
            json!({ "nb": "Tjenestedirektivet" }),
            json!({ "languages": ["nb"], "coordinator": limic(&["imi-services"]) }),
        ),
        register(
            "EL-REG-1",
            json!({ "el": "Μητρώο Αρχιτεκτόνων", "en": "Register of architects" }),
            json!({ "languages": ["el"], "professions": ["architect"], "regions": ["EL"] }),
        ),
        register(
            "PL-REG-2",
            json!({ "pl": "Rejestr farmaceutów" }),
            json!({
                "languages": ["pl"], "kind": "licence", "access": "restricted", "electronic": false,
                "content": { "en": "Licences of pharmacists" }, "nace": ["47.73"],
            }),
        ),
        register("PL-REG-3", json!({ "pl": "Dawny rejestr" }), json!({ "retired": true })),
    ]
}

fn professions() -> Professions {
    Professions::example(&[
        ("pharmacist", "Pharmacist"),
        ("pharmacist", "Φαρμακοποιός"),
        ("architect", "Architekt"),
        ("nurse", "Krankenschwester"),
    ])
}

fn find(parameters: &[(&str, &str)]) -> Page<FoundAuthority> {
    let criteria = AuthorityCriteria::from_parameters(parameters.iter().copied(), &professions())
        .unwrap_or_else(|bad| panic!("{bad}"));
    search_authorities(&Index::new(&directory(europe())), &professions(), &criteria)
}

fn ids(page: &Page<FoundAuthority>) -> Vec<&str> {
    page.results.iter().map(|found| found.authority.id.as_str()).collect()
}

fn assert_found(parameters: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(ids(&find(parameters)), expected, "{parameters:?}");
}

fn assert_words(words: &str, expected: &[&str]) {
    assert_found(&[("q", words)], expected);
}

#[test]
fn words_are_found_in_any_alphabet_and_without_accents() {
    assert_words("techniko epimelitirio", &["EL-TEE"]);
    assert_words("ΤΕΧΝΙΚΟ", &["EL-TEE"]);
    assert_words("Епимелитирио", &["EL-TEE"]);
    assert_words("kamara arhitektite bulgaria", &["BG-KAB"]);
    assert_words("камара", &["BG-KAB"]);
    assert_words("Okregowa", &["PL-OIA-KRAKOW"]);
    assert_words("АПТЕКАРСКА", &["PL-IZBA", "PL-NIA-PHARM", "PL-OIA-KRAKOW"]);
    assert_found(&[("q", "laeger osterbro"), ("status", "suspended")], &["DK-SST"]);
    assert_found(&[("q", "Læger Oesterbro"), ("status", "suspended")], &["DK-SST"]);
}

#[test]
fn every_word_has_to_be_found_and_may_be_a_beginning() {
    assert_words("apt krak", &["PL-OIA-KRAKOW"]);
    assert_words("apt krak zzz", &[]);
    assert_words("ptekarska", &[]);
    assert_words("EL30", &["EL-ATTICA"]);
    assert_words("chemists supreme", &["PL-NIA-PHARM"]);
}

#[test]
fn a_profession_is_found_by_its_name_in_any_language() {
    assert_words("farmakopoios", &["PL-NIA-PHARM"]);
    assert_words("architekt", &["EL-TEE"]);
    assert_words("Greece architekt", &["EL-TEE"]);
    assert_words("krankenschwester", &[]);
}

#[test]
fn the_exact_name_comes_first_then_names_then_titles_then_the_rest() {
    let page = find(&[("q", "izba aptekarska")]);
    assert_eq!(ids(&page), ["PL-IZBA", "PL-NIA-PHARM", "PL-OIA-KRAKOW"]);
    let standings: Vec<_> = page.results.iter().map(|found| found.standing).collect();
    assert_eq!(standings, [Some(Standing::Exact), Some(Standing::Name), Some(Standing::Name)]);
    assert_words("izba", &["PL-IZBA", "PL-NIA-PHARM", "PL-OIA-KRAKOW"]);
    assert_words("PL-LIMIC", &["PL-LIMIC"]);
    assert_eq!(find(&[("q", "pl-limic")]).results[0].standing, Some(Standing::Exact));
    let records = [
        authority("AT-C", json!({ "de": "Kammer Alpha" }), json!({ "keywords": { "de": ["Notar"] } })),
        authority("AT-B", json!({ "de": "Kammer Beta" }), json!({ "title": { "de": "Notar" } })),
        authority("AT-A", json!({ "de": "Notariat Zeta" }), json!({})),
        authority("BE-A", json!({ "de": "Notar" }), json!({})),
    ];
    let criteria = AuthorityCriteria { text: Some("notar".into()), ..AuthorityCriteria::default() };
    let page = search_authorities(&Index::new(&directory(records)), &Professions::default(), &criteria);
    assert_eq!(ids(&page), ["BE-A", "AT-A", "AT-B", "AT-C"]);
}

#[test]
fn who_fits_alike_comes_by_country_and_name() {
    let all = ["BG-KAB", "EL-ATTICA", "EL-TEE", "HU-LIMIC", "NO-LIMIC", "PL-IZBA", "PL-LIMIC", "PL-NIA-PHARM"];
    assert_eq!(ids(&find(&[]))[..8], all);
    let english = ids(&find(&[("country", "PL"), ("lang", "en")])).join(" ");
    assert_eq!(english, "PL-IZBA PL-LIMIC PL-OIA-KRAKOW PL-NIA-PHARM", "Supreme comes last");
}

#[test]
fn names_come_in_the_language_asked_for_or_their_own_or_english() {
    let name = |parameters: &[(&str, &str)]| {
        let found = find(parameters).results.swap_remove(0).name;
        (found.language, found.text)
    };
    let chamber = ("q", "EL-TEE");
    assert_eq!(name(&[chamber, ("lang", "en-GB")]), ("en".into(), "Technical Chamber of Greece".into()));
    assert_eq!(name(&[chamber, ("lang", "de")]).0, "el");
    assert_eq!(name(&[chamber]).0, "el");
    let record = authority("MT-A", json!({ "en": "A", "fr": "B", "it": "C" }), json!({ "languages": ["mt", "fr"] }));
    let page =
        search_authorities(&Index::new(&directory([record])), &Professions::default(), &AuthorityCriteria::default());
    assert_eq!(page.results[0].name, Spelled { language: "en".into(), text: "A".into() });
}

#[test]
fn pages_follow_one_another() {
    let all = find(&[]);
    assert_eq!((all.total, all.results.len()), (9, 9));
    let mut seen = Vec::new();
    for offset in ["0", "4", "8"] {
        let page = find(&[("offset", offset), ("limit", "4")]);
        assert_eq!((page.total, page.limit), (9, 4));
        seen.extend(page.results);
    }
    assert_eq!(seen, all.results);
    assert!(find(&[("offset", "9")]).results.is_empty());
}

#[test]
fn criteria_are_met_all() {
    assert_found(&[("country", "gr")], &["EL-ATTICA", "EL-TEE"]);
    assert_found(&[("country", "EL"), ("country", "BG"), ("level", "national")], &["BG-KAB", "EL-TEE"]);
    assert_found(&[("area", "imi-pq"), ("role", "requester")], &["PL-NIA-PHARM"]);
    assert_found(&[("role", "coordinator")], &["HU-LIMIC", "PL-LIMIC"]);
    assert_found(&[("area", "imi-services"), ("role", "responder")], &[]);
    assert_found(&[("language", "en")], &["PL-NIA-PHARM"]);
    assert_found(&[("status", "suspended")], &["DK-SST"]);
    assert_found(&[("nace", "86"), ("country", "EL")], &["EL-ATTICA"]);
    assert_found(&[("nace", "71.12"), ("country", "EL")], &["EL-TEE"]);
}

#[test]
fn a_territory_is_covered_by_larger_ones_and_it_is_said_how() {
    let page = find(&[("region", "EL305")]);
    let found: Vec<_> =
        page.results.iter().map(|found| (found.authority.id.as_str(), found.coverage, found.matched_by)).collect();
    let territory = Some(MatchedBy::Territory);
    assert_eq!(
        found,
        [("EL-ATTICA", Some(Coverage::LargerRegion), territory), ("EL-TEE", Some(Coverage::Country), territory)]
    );
    assert_found(&[("region", "EL43")], &["EL-TEE"]);
    assert_eq!(find(&[("region", "PL2"), ("q", "krakow")]).results[0].coverage, Some(Coverage::Part));
}

#[test]
fn a_coordinator_of_the_area_covers_what_its_country_has_no_authority_for() {
    let page = find(&[("profession", "pharmacist")]);
    let found: Vec<_> = page.results.iter().map(|found| (found.authority.id.as_str(), found.matched_by)).collect();
    let (own, other) = (Some(MatchedBy::Competence), Some(MatchedBy::Coordinator));
    assert_eq!(found, [("HU-LIMIC", other), ("PL-NIA-PHARM", own)]);
    assert_found(&[("profession", "nurse")], &["HU-LIMIC", "PL-LIMIC"]);
    assert_found(&[("profession", "nurse"), ("country", "BG")], &[]);
    assert_found(&[("profession", "nurse"), ("language", "hu")], &["HU-LIMIC"]);
    assert_found(&[("nace", "01.1")], &["NO-LIMIC"]);
    assert_found(&[("nace", "01.1"), ("area", "imi-pq")], &["HU-LIMIC", "PL-LIMIC"]);
    assert_found(&[("profession", "pharmacist"), ("q", "izba")], &["PL-NIA-PHARM"]);
    assert_found(&[("profession", "pharmacist"), ("status", "suspended")], &[]);
    assert_found(&[("profession", "pharmacist"), ("language", "fr")], &[]);
}

#[test]
fn a_keyword_is_looked_for_among_keywords_and_professions_only() {
    let with = |keyword: &str| {
        let criteria = AuthorityCriteria {
            competences: vec![Competence::Keyword(keyword.into())],
            ..AuthorityCriteria::default()
        };
        let page = search_authorities(&Index::new(&directory(europe())), &professions(), &criteria);
        ids(&page).join(" ")
    };
    assert_eq!(with("diploma"), "PL-NIA-PHARM");
    assert_eq!(with("architekt"), "EL-TEE");
    assert_eq!(with("naczelna"), "", "a word of its name is no keyword");
    assert_eq!(with("..."), "", "no word");
}

#[test]
fn registers_are_found_likewise() {
    let find = |parameters: &[(&str, &str)]| {
        let criteria = RegisterCriteria::from_parameters(parameters.iter().copied(), &professions())
            .unwrap_or_else(|bad| panic!("{bad}"));
        let page = search_registers(&Index::new(&directory(europe())), &professions(), &criteria);
        page.results.into_iter().map(|found| found.register.id.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find(&[]), "EL-REG-1 PL-REG-2", "what is no longer published is not found");
    assert_eq!(find(&[("q", "mitroo arch")]), "EL-REG-1");
    assert_eq!(find(&[("q", "licences")]), "PL-REG-2");
    assert_eq!(find(&[("q", "Architekt")]), "EL-REG-1");
    assert_eq!(find(&[("q", "EL-ONE")]), "EL-REG-1", "by its authority");
    assert_eq!(find(&[("profession", "architect")]), "EL-REG-1");
    assert_eq!(find(&[("nace", "G")]), "PL-REG-2");
    assert_eq!(find(&[("type", "licence"), ("type", "business")]), "PL-REG-2");
    assert_eq!(find(&[("access", "public-free")]), "EL-REG-1");
    assert_eq!(find(&[("electronic", "false")]), "PL-REG-2");
    assert_eq!(find(&[("language", "el")]), "EL-REG-1");
    assert_eq!(find(&[("region", "EL30")]), "EL-REG-1");
    assert_eq!(find(&[("country", "GB")]), "");
}

#[test]
fn neither_participants_nor_certificates_are_shown() {
    let directory = directory(europe());
    let spoken = serde_json::to_string(&find(&[])).expect("JSON");
    let shown = directory.authority(&"PL-NIA-PHARM".parse().expect("an id")).expect("there");
    let details = serde_json::to_string(&authority_details(shown, Some("en"))).expect("JSON");
    for text in [spoken, details] {
        assert!(text.contains("PL-NIA-PHARM") && text.contains("pharmacist"), "{text}");
        assert!(!text.contains("PL-SYSTEM") && !text.contains("participant") && !text.contains("mailbox"), "{text}");
    }
}

/// A directory as large as the union of all could be: names of ten words' choice, 30 countries.
fn large(number: usize) -> Directory {
    let words = ["Kammer", "Ministerium", "Izba", "Ordre", "Collegio", "Σύλλογος", "Комисия", "Agentur", "Rat", "Amt"];
    let countries = ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES"];
    directory((0..number).map(|position| {
        let (country, word) = (countries[position % 10], words[position / 10 % 10]);
        let name = format!("{word} der Pharmazeuten Nummer {position}");
        let english = format!("Chamber of pharmacists number {position}");
        authority(
            &format!("{country}-A{position}"),
            json!({ "de": name, "en": english }),
            json!({
                "languages": ["de"], "professions": ["pharmacist"], "regions": [format!("{country}{}", position % 9)],
            }),
        )
    }))
}

#[test]
fn a_large_directory_is_searched_as_a_small_one() {
    let index = Index::new(&large(5_737));
    let find = |text: &str, offset| {
        let paging = Paging { offset, limit: 200, language: Some("en".into()) };
        let criteria = AuthorityCriteria { text: Some(text.into()), paging, ..AuthorityCriteria::default() };
        search_authorities(&index, &professions(), &criteria)
    };
    assert_eq!(find("n", 0).total, 5_737);
    assert_eq!(find("syllogos", 0).total, 570);
    assert_eq!(ids(&find("komisia 1760", 0)), ["AT-A1760"]);
    assert_eq!(find("pharm", 5_600).results.len(), 137);
    let page = find("pharm", 1_000);
    let shown: Vec<_> = page.results.iter().map(|found| (&found.authority.country, &found.name.text)).collect();
    assert!(shown.is_sorted(), "{shown:?}");
    assert!(page.results.iter().all(|found| found.authority.status == AuthorityStatus::Active));
}
