//! Figures about the directory, as the annual report of the Internal Market Information System prints them.
//!
//! Pure: counts what a directory holds. Countries bear the codes of the report: GR, and UK.

use super::{Authority, AuthorityStatus, CoordinatorKind, Directory};
use schemas::{area::Areas, wire::AreaId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The area of professional qualifications.
const PQ: &str = "imi-pq";
/// The area of services.
const SERVICES: &str = "imi-services";
/// The Commission takes part and is no state.
const COMMISSION: &str = "EU";
/// The code of every profession that the area has no other code for.
const OTHER: &str = "other";

/// Authorities by the two first areas (annual report 2010, Figure 2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// In `imi-pq`, and not in `imi-services`.
    pub pq_only: usize,
    /// In `imi-services`, and not in `imi-pq`.
    pub services_only: usize,
    /// In both.
    pub both: usize,
    /// In either.
    pub total: usize,
}

impl Count {
    fn add(&mut self, in_pq: bool, in_services: bool) {
        match (in_pq, in_services) {
            (true, true) => self.both += 1,
            (true, false) => self.pq_only += 1,
            (false, true) => self.services_only += 1,
            (false, false) => return,
        }
        self.total += 1;
    }
}

/// A state's count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountryCount {
    /// Its code.
    pub country: String,
    /// Its authorities.
    #[serde(flatten)]
    pub count: Count,
}

/// How many authorities each state has registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorityCounts {
    /// By code, the states that have any.
    pub rows: Vec<CountryCount>,
    /// Of all.
    pub total: Count,
}

/// Counts the authorities that are registered: active or suspended ones of states.
pub fn authorities(directory: &Directory) -> AuthorityCounts {
    let mut rows: BTreeMap<String, Count> = BTreeMap::new();
    let mut total = Count::default();
    for authority in directory.authorities().filter(|authority| is_registered(authority)) {
        let (in_pq, in_services) = (acts_in(authority, PQ), acts_in(authority, SERVICES));
        if in_pq || in_services {
            rows.entry(report_code(&authority.country)).or_default().add(in_pq, in_services);
            total.add(in_pq, in_services);
        }
    }
    AuthorityCounts { rows: rows.into_iter().map(|(country, count)| CountryCount { country, count }).collect(), total }
}

/// A state's professions that nobody is competent for (annual report 2010, Figure 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingProfessions {
    /// Its code.
    pub country: String,
    /// The coordinator of the area that answers for all professions, where there is one.
    pub covered_by: Option<String>,
    /// How many professions have no authority; 0 where a coordinator covers all.
    pub count: usize,
    /// Which.
    pub missing: Vec<String>,
}

/// Professions without an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfessionGaps {
    /// The professions that are asked about.
    pub professions: Vec<String>,
    /// By code, every state of the directory.
    pub rows: Vec<MissingProfessions>,
}

/// Which of these professions have no active authority of `imi-pq` that is competent for them, by state.
pub fn professions(directory: &Directory, professions: Vec<String>) -> ProfessionGaps {
    let mut states: BTreeMap<String, (Option<String>, BTreeSet<&str>)> = BTreeMap::new();
    let countries = directory.participants().map(|participant| &participant.country);
    let countries = countries.chain(directory.authorities().map(|authority| &authority.country));
    for country in countries.filter(|country| *country != COMMISSION) {
        states.entry(report_code(country)).or_default();
    }
    let active =
        |authority: &&Authority| authority.status == AuthorityStatus::Active && authority.country != COMMISSION;
    for authority in directory.authorities().filter(active) {
        let (covered_by, found) = states.entry(report_code(&authority.country)).or_default();
        if coordinates_pq(authority) {
            covered_by.get_or_insert_with(|| authority.id.to_string());
        }
        if acts_in(authority, PQ) {
            found.extend(authority.professions.iter().map(String::as_str));
        }
    }
    let rows = states.into_iter().map(|(country, (covered_by, found))| {
        let is_missing = |profession: &&String| covered_by.is_none() && !found.contains(profession.as_str());
        let missing: Vec<String> = professions.iter().filter(is_missing).cloned().collect();
        MissingProfessions { country, covered_by, count: missing.len(), missing }
    });
    ProfessionGaps { rows: rows.collect(), professions }
}

/// The professions of `imi-pq` in its latest version, by code, without the one for all others; empty where the area is
/// not there.
pub fn professions_of(areas: &Areas) -> Vec<String> {
    let area = PQ.parse().ok().and_then(|id: AreaId| areas.area(&id));
    let labels = area.and_then(|area| area.versions.last()).and_then(|version| version.labels.get("en"));
    let codes = labels.and_then(|labels| labels.codes.get("Profession"));
    codes.into_iter().flat_map(BTreeMap::keys).filter(|code| *code != OTHER).cloned().collect()
}

fn is_registered(authority: &Authority) -> bool {
    authority.country != COMMISSION && matches!(authority.status, AuthorityStatus::Active | AuthorityStatus::Suspended)
}

fn acts_in(authority: &Authority, area: &str) -> bool {
    authority.areas.iter().any(|access| access.area.as_str() == area)
}

fn coordinates_pq(authority: &Authority) -> bool {
    authority
        .coordinator
        .as_ref()
        .is_some_and(|own| own.kind == CoordinatorKind::Limic && own.areas.iter().any(|area| area.as_str() == PQ))
}

/// The report's code of a country: ISO's for Greece, the Union's for the United Kingdom.
fn report_code(country: &str) -> String {
    match country {
        "EL" => "GR".into(),
        "GB" => "UK".into(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::change::Record;
    use std::path::Path;

    fn directory(text: &str) -> Directory {
        let mut directory = Directory::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let authority: Authority = serde_json::from_str(line).expect("an authority");
            directory.put(Record::Authority(authority));
        }
        directory
    }

    fn authority(id: &str, more: &str) -> String {
        let country = &id[..2];
        format!("{{\"id\":\"{id}\",\"country\":\"{country}\",\"participant\":\"{country}-X\",\"name\":{{}}{more}}}\n")
    }

    const IN_PQ: &str = r#","areas":[{"area":"imi-pq","roles":["responder"]}]"#;
    const IN_SERVICES: &str = r#","areas":[{"area":"imi-services","roles":["responder"]}]"#;
    const IN_BOTH: &str =
        r#","areas":[{"area":"imi-pq","roles":["responder"]},{"area":"imi-services","roles":["requester"]}]"#;

    #[test]
    fn authorities_are_counted_once_by_what_they_act_in() {
        let all = [
            authority("UK-A", IN_PQ),
            authority("UK-B", IN_BOTH),
            authority("EL-A", IN_SERVICES),
            authority("HU-A", IN_SERVICES),
            authority("HU-B", &format!("{IN_SERVICES},\"status\":\"suspended\"")),
            authority("HU-C", &format!("{IN_SERVICES},\"status\":\"pending\"")),
            authority("HU-D", &format!("{IN_SERVICES},\"status\":\"withdrawn\"")),
            authority("HU-E", ""),
            authority("EU-COMMISSION", IN_BOTH),
        ];
        let counts = authorities(&directory(&all.concat()));
        let count = |pq_only, services_only, both, total| Count { pq_only, services_only, both, total };
        let rows: Vec<_> = counts.rows.iter().map(|row| (row.country.as_str(), row.count)).collect();
        assert_eq!(
            rows,
            [("GR", count(0, 1, 0, 1)), ("HU", count(0, 2, 0, 2)), ("UK", count(1, 0, 1, 2))],
            "by the code that is printed"
        );
        assert_eq!(counts.total, count(1, 3, 1, 5));
        let json = serde_json::to_value(&counts).expect("JSON");
        assert_eq!(
            json["rows"][0],
            serde_json::json!({"country":"GR","pq_only":0,"services_only":1,"both":0,"total":1})
        );
    }

    #[test]
    fn a_profession_is_missing_until_an_active_authority_of_the_area_has_it() {
        let doctors = |area: &str| format!("{area},\"professions\":[\"doctor\"]");
        let all = [
            authority("PL-A", &doctors(IN_PQ)),
            authority("SK-A", &doctors(IN_SERVICES)),
            authority("IT-A", &format!("{},\"status\":\"suspended\"", doctors(IN_PQ))),
            authority("NL-A", r#","coordinator":{"kind":"limic","areas":["imi-pq"]}"#),
            authority("BG-A", r#","coordinator":{"kind":"limic","areas":["imi-services"]}"#),
        ];
        let gaps = professions(&directory(&all.concat()), vec!["doctor".into(), "nurse".into()]);
        let rows: Vec<_> = gaps.rows.iter().map(|row| (row.country.as_str(), row.count, &row.covered_by)).collect();
        let coordinator = Some("NL-A".to_owned());
        assert_eq!(
            rows,
            [("BG", 2, &None), ("IT", 2, &None), ("NL", 0, &coordinator), ("PL", 1, &None), ("SK", 2, &None)]
        );
        assert_eq!(gaps.rows[3].missing, ["nurse"]);
    }

    #[test]
    fn the_area_has_thirty_five_professions() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let (areas, _) = Areas::load_each(&root, &["imi-pq".parse().expect("an area")]).expect("packs");
        let professions = professions_of(&areas);
        assert_eq!(professions.len(), 35, "annual report 2010, section 2.4.1: {professions:?}");
        assert!(professions.iter().any(|code| code == "doctor") && !professions.iter().any(|code| code == "other"));
    }
}
