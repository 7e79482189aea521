//! Looking ahead in a content model: what is expected, and what is missing before something can follow.
//!
//! Owns the search only; runs when a document is wrong, to say what would be right.

use std::collections::VecDeque;
use xsd_schema::compiler::{SubstitutionGroupMap, build_substitution_group_map, compile_content_model_matcher};
use xsd_schema::validation::{CompiledContentModel, ContentValidatorState};
use xsd_schema::{DocumentId, ElementKey, NameId, NfaTerm, SchemaSet, TypeKey};

/// Most elements that are taken to be missing in one place.
const MOST_MISSING: usize = 4;
/// Most states that one search looks at.
const MOST_STATES: usize = 400;

/// An element's name: local name and namespace.
pub(super) type Name = (NameId, Option<NameId>);

/// Elements that have to come before something else may.
pub(super) enum Missing {
    /// Any one of these.
    OneOf(Vec<Name>),
    /// All of these, in this order.
    All(Vec<Name>),
}

/// The content model of one type, ready to be followed.
pub(super) struct Model<'a> {
    set: &'a SchemaSet,
    target: Option<NameId>,
    substitutions: SubstitutionGroupMap,
    start: ContentValidatorState,
}

impl<'a> Model<'a> {
    /// The model of a complex type; `None` where it has none.
    pub(super) fn of(set: &'a SchemaSet, schema_type: TypeKey) -> Option<Self> {
        let TypeKey::Complex(key) = schema_type else { return None };
        let definition = set.arenas.complex_types.get(key)?;
        let matcher = compile_content_model_matcher(set, definition).ok()?;
        let compiled = CompiledContentModel::try_from_matcher(matcher).ok()?;
        let start = ContentValidatorState::from_compiled(&compiled);
        let substitutions = build_substitution_group_map(set);
        Some(Self { set, target: definition.target_namespace, substitutions, start })
    }

    /// The state after these children; one that is not accepted changes nothing, as in the engine.
    pub(super) fn after(&self, children: &[(String, String)]) -> ContentValidatorState {
        children.iter().fold(self.start.clone(), |state, (namespace, local)| {
            let next = self.name(namespace, local).and_then(|name| self.step(&state, name));
            next.unwrap_or(state)
        })
    }

    /// An element's name, where the schema knows it.
    pub(super) fn name(&self, namespace: &str, local: &str) -> Option<Name> {
        let names = &self.set.name_table;
        let namespace = if namespace.is_empty() { None } else { Some(names.get(namespace)?) };
        Some((names.get(local)?, namespace))
    }

    fn step(&self, state: &ContentValidatorState, (local, namespace): Name) -> Option<ContentValidatorState> {
        let mut next = state.clone();
        let version = self.set.xsd_version;
        let accepted = next.try_advance_element(local, namespace, self.target, version, Some(&self.substitutions));
        accepted.ok().flatten().map(|_| next)
    }

    /// The elements that may follow, each once, in the order of the schema.
    pub(super) fn expected(&self, state: &ContentValidatorState) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        let terms: Vec<Name> = match state {
            ContentValidatorState::Nfa { nfa, active_states, .. } => {
                let mut terms = active_states.expected_element_terms(nfa);
                terms.sort_by_key(|(.., key)| key.and_then(|key| self.written_at(key)));
                terms.into_iter().map(|(local, namespace, _)| (local, namespace)).collect()
            }
            ContentValidatorState::AllGroup { model, state, .. } => {
                let open = model.particles.iter().enumerate().filter(|(index, _)| state.can_accept(model, *index));
                open.filter_map(|(_, particle)| term_name(&particle.term)).collect()
            }
            ContentValidatorState::Simple | ContentValidatorState::Empty => Vec::new(),
        };
        for name in terms {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Where an element is declared; documents are numbered as they are loaded.
    fn written_at(&self, key: ElementKey) -> Option<(DocumentId, usize)> {
        let source = self.set.arenas.elements.get(key)?.source.as_ref()?;
        Some((source.doc_id, source.span.start))
    }

    /// The fewest elements that have to come before `next` may.
    pub(super) fn missing_before(&self, state: &ContentValidatorState, next: Name) -> Option<Missing> {
        self.search(state, |state| self.step(state, next).is_some())
    }

    /// The fewest elements that have to come before the end may.
    pub(super) fn missing_at_end(&self, state: &ContentValidatorState) -> Option<Missing> {
        self.search(state, ContentValidatorState::is_complete)
    }

    /// Breadth first: the first find of several elements is among the shortest, and of single ones all are gathered.
    fn search(
        &self,
        start: &ContentValidatorState,
        is_goal: impl Fn(&ContentValidatorState) -> bool,
    ) -> Option<Missing> {
        let mut waiting = VecDeque::from([(start.clone(), Vec::new())]);
        let mut single = Vec::new();
        for _ in 0..MOST_STATES {
            let Some((state, path)) = waiting.pop_front() else { break };
            if path.len() > 1 && !single.is_empty() {
                break;
            }
            let is_found = !path.is_empty() && is_goal(&state);
            match (is_found, path.as_slice()) {
                (true, [name]) => single.push(*name),
                (true, _) => return Some(Missing::All(path)),
                (false, _) if path.len() < MOST_MISSING => waiting.extend(self.successors(&state, &path)),
                (false, _) => {}
            }
        }
        (!single.is_empty()).then_some(Missing::OneOf(single))
    }

    fn successors(&self, state: &ContentValidatorState, path: &[Name]) -> Vec<(ContentValidatorState, Vec<Name>)> {
        let longer = |name| path.iter().copied().chain([name]).collect();
        let steps = self.expected(state).into_iter();
        steps.filter_map(|name| self.step(state, name).map(|next| (next, longer(name)))).collect()
    }

    /// The names as a sentence has them: `'A'`, `'A' or 'B'`.
    pub(super) fn spell(&self, names: &[Name], between: &str) -> String {
        let spelled: Vec<String> =
            names.iter().map(|(local, _)| format!("'{}'", self.set.name_table.resolve(*local))).collect();
        match spelled.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} {between} {last}", others.join(", ")),
            _ => spelled.concat(),
        }
    }

    /// What is missing, with its verb: `'A' is missing`, `'A' or 'B' is missing`, `'A' and 'B' are missing`.
    pub(super) fn spell_missing(&self, missing: &Missing) -> String {
        match missing {
            Missing::OneOf(names) => format!("{} is missing", self.spell(names, "or")),
            Missing::All(names) => format!("{} are missing", self.spell(names, "and")),
        }
    }

    /// Elements that can stand for what is missing, in XML.
    pub(super) fn placeholders(&self, missing: &Missing) -> String {
        match missing {
            Missing::OneOf(names) => names.first().map(|name| self.placeholder(*name)).unwrap_or_default(),
            Missing::All(names) => names.iter().map(|name| self.placeholder(*name)).collect(),
        }
    }

    /// The namespace in which an element of this local name is among the names.
    pub(super) fn namespace_of(&self, names: &[Name], local: &str) -> Option<String> {
        let table = &self.set.name_table;
        let found = names.iter().find(|(name, _)| table.resolve(*name) == local)?;
        Some(found.1.map(|namespace| table.resolve(namespace)).unwrap_or_default())
    }

    fn placeholder(&self, (local, namespace): Name) -> String {
        let names = &self.set.name_table;
        let namespace = namespace.map(|namespace| names.resolve(namespace)).unwrap_or_default();
        format!("<{} xmlns=\"{}\"/>", names.resolve(local), quick_xml::escape::escape(namespace.as_str()))
    }
}

fn term_name(term: &NfaTerm) -> Option<Name> {
    match term {
        NfaTerm::Element { name, namespace, .. } => Some((*name, *namespace)),
        NfaTerm::Wildcard { .. } => None,
    }
}
