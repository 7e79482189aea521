//! Searches over the wire, which the hub itself answers.

use super::{
    Objection,
    documents::{Competence, Sector, Text},
    read,
};
use crate::directory::{
    Level,
    search::{
        self, AuthorityCriteria, FoundAuthority, FoundRegister, Index, MOST_RESULTS, Page, Paging, Professions,
        RegisterCriteria, Spelled, search_authorities, search_registers,
    },
};
use schemas::{
    area::{Areas, Role},
    wire::{AreaId, MessageName, WorkflowId},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What searches are answered from.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    /// The directory, made ready for searching.
    pub index: &'a Index,
    /// The professions that words may name.
    pub professions: &'a Professions,
    /// The areas, which say who takes part in which procedure.
    pub areas: &'a Areas,
}

/// Whether the hub answers this message.
pub fn is_search(message: &MessageName) -> bool {
    matches!(message.as_str(), "authority-search" | "register-search")
}

/// The answer to a search: the name of its message, and its document in JSON.
///
/// # Errors
/// The document cannot be read, or asks for what no message is.
pub fn answer(
    catalogue: Catalogue<'_>,
    message: &MessageName,
    document: &[u8],
) -> Result<(&'static str, Vec<u8>), Objection> {
    let (name, root, content) = if message.as_str() == "authority-search" {
        let criteria = authority_criteria(read(document)?, catalogue.areas);
        let page = search_authorities(catalogue.index, catalogue.professions, &criteria);
        ("authority-search-result", "AuthoritySearchResult", authorities(&page))
    } else {
        let page = search_registers(catalogue.index, catalogue.professions, &register_criteria(read(document)?));
        ("register-search-result", "RegisterSearchResult", registers(&page))
    };
    Ok((name, json!({ root: content }).to_string().into_bytes()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthoritySearch {
    #[serde(default)]
    country: Vec<String>,
    area: Option<AreaId>,
    area_role: Option<Role>,
    workflow: Option<WorkflowId>,
    authority_level: Option<Level>,
    territorial_scope: Option<String>,
    language_understood: Option<String>,
    #[serde(default)]
    competence: Vec<Competence>,
    words: Option<String>,
    answer_language: Option<String>,
    page_size: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegisterSearch {
    #[serde(default)]
    country: Vec<String>,
    #[serde(default)]
    register_type: Vec<String>,
    sector: Option<Sector>,
    territorial_scope: Option<String>,
    #[serde(default)]
    access: Vec<String>,
    electronic: Option<bool>,
    content_language: Option<String>,
    words: Option<String>,
    answer_language: Option<String>,
    page_size: Option<usize>,
}

fn paging(language: Option<String>, size: Option<usize>) -> Paging {
    Paging { offset: 0, limit: size.unwrap_or(MOST_RESULTS).min(MOST_RESULTS), language }
}

fn authority_criteria(search: AuthoritySearch, areas: &Areas) -> AuthorityCriteria {
    let uses = |area: &AreaId, workflow: &WorkflowId| {
        areas.area(area).is_some_and(|area| area.messages.iter().any(|message| message.workflow == *workflow))
    };
    let areas = match (search.area, &search.workflow) {
        (Some(area), _) => vec![area],
        (None, Some(workflow)) => {
            areas.iter().map(|area| area.id.clone()).filter(|area| uses(area, workflow)).collect()
        }
        (None, None) => Vec::new(),
    };
    AuthorityCriteria {
        text: search.words,
        countries: search.country,
        region: search.territorial_scope,
        levels: search.authority_level.into_iter().collect(),
        areas,
        role: search.area_role,
        competences: search.competence.into_iter().map(competence).collect(),
        language: search.language_understood,
        statuses: Vec::new(),
        paging: paging(search.answer_language, search.page_size),
    }
}

fn competence(competence: Competence) -> search::Competence {
    match competence {
        Competence::Keyword(Text { text, .. }) => search::Competence::Keyword(text),
        Competence::ProfessionCode(code) => search::Competence::Profession(code),
        Competence::Nace(code) => search::Competence::Nace(code),
    }
}

fn register_criteria(search: RegisterSearch) -> RegisterCriteria {
    let (profession, nace) = match search.sector {
        Some(Sector::ProfessionCode(code)) => (Some(code), None),
        Some(Sector::Nace(code)) => (None, Some(code)),
        None => (None, None),
    };
    RegisterCriteria {
        text: search.words,
        countries: search.country,
        kinds: search.register_type,
        profession,
        nace,
        region: search.territorial_scope,
        access: search.access,
        electronic: search.electronic,
        language: search.content_language,
        paging: paging(search.answer_language, search.page_size),
    }
}

fn text(Spelled { language, text }: &Spelled) -> Value {
    json!({ "@language": language, "$": text })
}

fn authorities(page: &Page<FoundAuthority>) -> Value {
    let found: Vec<Value> = page
        .results
        .iter()
        .map(|found| {
            let authority = &found.authority;
            let mut entry = json!({
                "AuthorityId": authority.id,
                "OfficialName": [text(&found.name)],
                "Country": authority.country,
                "AuthorityLevel": authority.level.as_str(),
                "LanguageUnderstood": languages(&authority.languages, &found.name),
                "AuthorityStatus": authority.status.as_str(),
            });
            if let Some(title) = &found.title {
                entry["InformalTitle"] = json!([text(title)]);
            }
            if let Some(reason) = found.matched_by {
                entry["MatchedBy"] = json!(reason.as_str());
            }
            entry
        })
        .collect();
    listed(page.total, "FoundAuthority", found)
}

/// The result has at least one language: where the record names none, that of the name.
fn languages<'a>(understood: &'a [String], name: &'a Spelled) -> Vec<&'a str> {
    let understood: Vec<&str> = understood.iter().map(String::as_str).take(30).collect();
    if understood.is_empty() { vec![name.language.as_str()] } else { understood }
}

fn registers(page: &Page<FoundRegister>) -> Value {
    let found: Vec<Value> = page
        .results
        .iter()
        .map(|found| {
            let register = &found.register;
            let mut entry = json!({
                "EntryId": register.id,
                "OwnerCountry": register.country,
                "Name": [text(&found.name)],
                "RegisterType": register.kind,
                "Access": register.access,
                "LastVerifiedOn": register.verified,
            });
            if let Some(content) = &found.content {
                entry["Content"] = text(content);
            }
            if let Some(link) = &register.link {
                entry["Link"] = json!(link);
            }
            entry
        })
        .collect();
    listed(page.total, "FoundRegister", found)
}

fn listed(total: usize, name: &str, found: Vec<Value>) -> Value {
    let mut content = json!({ "TotalFound": total });
    if !found.is_empty() {
        content[name] = json!(found);
    }
    content
}
