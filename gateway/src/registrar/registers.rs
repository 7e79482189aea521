//! Entries of the directory of registers: their owner country writes them, everybody reads them (domain, A071).

use super::{
    Objection, Situation, broken_rule,
    documents::{RegisterDocument, RegisterRetire, Sector, texts},
    not_permitted,
};
use crate::directory::{Authority, Contact, Register, union_code};

/// The record that an upsert or update makes: it replaces the one before as a whole.
pub(super) fn enter(situation: Situation<'_>, document: RegisterDocument) -> Result<Register, Objection> {
    let Situation { directory, sender, .. } = situation;
    if union_code(&document.owner_country) != sender.country {
        let reason = format!(
            "{} is of {}; registers of {} are entered there",
            sender.id, sender.country, document.owner_country
        );
        return Err(not_permitted(reason));
    }
    if let Some(former) = directory.register(&document.entry_id) {
        writable(situation, &document.entry_id)?;
        if document.version_number <= former.version {
            return Err(broken_rule(format!(
                "version {} of {} was entered before; the next is {}",
                former.version,
                former.id,
                former.version + 1
            )));
        }
    } else if !writes_for(sender, document.managing_authority.as_str()) {
        let reason = format!("{} neither keeps {} nor coordinates", sender.id, document.entry_id);
        return Err(not_permitted(reason));
    }
    let (mut professions, mut nace) = (Vec::new(), Vec::new());
    for sector in document.sector {
        match sector {
            Sector::ProfessionCode(code) => professions.push(code),
            Sector::Nace(code) => nace.push(code),
        }
    }
    Ok(Register {
        id: document.entry_id,
        country: union_code(&document.owner_country).to_owned(),
        authority: document.managing_authority,
        name: texts(document.name),
        kind: document.register_type,
        professions,
        nace,
        regions: document.territorial_scope,
        content: texts(document.content),
        languages: document.content_language,
        access: document.access,
        conditions: texts(document.access_conditions),
        electronic: document.electronic,
        link: document.link,
        contact: document.contact.over(&Contact::default(), None),
        verified: document.last_verified_on,
        version: document.version_number,
        retired: false,
    })
}

/// The record of a register that is no longer published.
pub(super) fn retire(situation: Situation<'_>, document: &RegisterRetire) -> Result<Register, Objection> {
    let register = writable(situation, &document.entry_id)?;
    if register.retired {
        return Err(broken_rule(format!("{} is retired already", register.id)));
    }
    Ok(Register { retired: true, ..register.clone() })
}

/// A register that the sender may write: it keeps it, or coordinates in its country.
pub(super) fn writable<'a>(situation: Situation<'a>, id: &str) -> Result<&'a Register, Objection> {
    let Situation { directory, sender, .. } = situation;
    let register = directory.register(id).ok_or_else(|| broken_rule(format!("there is no register {id}")))?;
    if register.country == sender.country && writes_for(sender, register.authority.as_str()) {
        return Ok(register);
    }
    Err(not_permitted(format!("{} neither keeps {id} nor coordinates in {}", sender.id, register.country)))
}

fn writes_for(sender: &Authority, keeper: &str) -> bool {
    sender.id.as_str() == keeper || sender.coordinator.is_some()
}
