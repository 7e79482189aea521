//! From compiled components to the grammar that the JSON mapping works with.
//!
//! Owns the walk over types and content models. What a document's JSON looks like is `json`'s to say.

use super::facets;
use crate::json::grammar::{Attribute, Child, Children, Content, Grammar, Name, Names, SimpleId, Type, TypeId, XS};
use std::collections::{BTreeMap, HashMap, HashSet};
use xsd_schema::arenas::{ComplexTypeDefData, ResolvedAttributeUse};
use xsd_schema::compiler::{
    ContentModelMatcher, MaxOccurs, NfaTable, SubstitutionGroupMap, TransitionKind, build_substitution_group_map,
    compile_content_model_matcher,
};
use xsd_schema::parser::frames::{AttributeUseKind, AttributeUseResult, ComplexContentResult, DerivationMethod};
use xsd_schema::{AttributeGroupKey, ComplexTypeKey, ElementKey, NameId, NfaTerm, SchemaSet, SimpleTypeKey, TypeKey};

/// Longest chain of base types or attribute groups that is followed.
const CHAIN: usize = 64;

/// The grammar of a compiled schema; `namespace` is the area's.
pub(crate) fn grammar(set: &SchemaSet, namespace: &str) -> Grammar {
    let mut walk = Walk {
        set,
        grammar: Grammar { namespace: namespace.to_owned(), ..Grammar::default() },
        kinds: HashMap::new(),
        simples: HashMap::new(),
        substitutions: build_substitution_group_map(set),
    };
    walk.run();
    walk.grammar
}

struct Walk<'a> {
    set: &'a SchemaSet,
    grammar: Grammar,
    kinds: HashMap<TypeKey, TypeId>,
    simples: HashMap<SimpleTypeKey, SimpleId>,
    substitutions: SubstitutionGroupMap,
}

/// An element as a content model names it.
#[derive(Clone, Copy)]
struct Term {
    name: (Option<NameId>, NameId),
    element: Option<ElementKey>,
    kind: Option<TypeKey>,
}

impl Walk<'_> {
    /// Every type gets its number first, because types refer to each other in circles.
    fn run(&mut self) {
        let (complex, simple) = (&self.set.arenas.complex_types, &self.set.arenas.simple_types);
        let keys: Vec<TypeKey> =
            complex.keys().map(TypeKey::Complex).chain(simple.keys().map(TypeKey::Simple)).collect();
        self.kinds = keys.iter().enumerate().map(|(number, key)| (*key, TypeId(number))).collect();
        for (number, (key, definition)) in simple.iter().enumerate() {
            self.simples.insert(key, SimpleId(number));
            let name = self.own_name(TypeKey::Simple(key), definition.name, definition.target_namespace);
            self.grammar.simples.push(facets::simple(self.set, key, name));
        }
        for key in keys {
            let kind = self.kind(key);
            if let Some((namespace, local)) = &kind.name {
                let id = TypeId(self.grammar.types.len());
                self.grammar.named.insert(namespace, local, id);
            }
            self.grammar.types.push(kind);
        }
        for (namespace, table) in &self.set.namespaces {
            for (name, key) in &table.elements {
                if let Some(id) = self.kind_of(None, Some(*key)) {
                    let (namespace, local) = self.name((*namespace, *name));
                    self.grammar.roots.insert(&namespace, &local, id);
                }
            }
        }
    }

    fn name(&self, (namespace, local): (Option<NameId>, NameId)) -> Name {
        let names = &self.set.name_table;
        (namespace.map(|namespace| names.resolve(namespace)).unwrap_or_default(), names.resolve(local))
    }

    /// A type's name, if the type is what the schema knows by that name.
    fn own_name(&self, key: TypeKey, local: Option<NameId>, namespace: Option<NameId>) -> Option<Name> {
        let local = local?;
        let xs = self.set.name_table.get(XS);
        let built_in = self.set.get_built_in_type_by_qname(xs, local).filter(|known| *known == key).map(|_| xs);
        let own = self.set.lookup_type(namespace, local).filter(|known| *known == key).map(|_| namespace);
        built_in.or(own).map(|namespace| self.name((namespace, local)))
    }

    fn kind(&self, key: TypeKey) -> Type {
        match key {
            TypeKey::Simple(simple) => Type {
                name: self.grammar.simples.get(self.simples[&simple].0).and_then(|simple| simple.name.clone()),
                content: Content::Simple(self.simples[&simple]),
                attributes: Names::default(),
                open_attributes: false,
            },
            TypeKey::Complex(complex) => self.complex(complex),
        }
    }

    fn complex(&self, key: ComplexTypeKey) -> Type {
        let definition = &self.set.arenas.complex_types[key];
        let name = self.own_name(TypeKey::Complex(key), definition.name, definition.target_namespace);
        let is_any = key == self.set.any_type_key();
        let content = if is_any { Content::Anything } else { self.content(definition) };
        let (attributes, open_attributes) = self.attributes(definition);
        Type { name, content, attributes, open_attributes: open_attributes || is_any }
    }

    fn content(&self, definition: &ComplexTypeDefData) -> Content {
        if let Some(simple) = self.simple_content(definition) {
            return Content::Simple(simple);
        }
        let children = compile_content_model_matcher(self.set, definition)
            .map(|matcher| self.children(&matcher))
            .unwrap_or_default();
        if self.is_mixed(definition, 0) { Content::Mixed(children) } else { Content::Elements(children) }
    }

    /// The simple type of a type with simple content: its own, or that of the nearest base type that has one.
    fn simple_content(&self, definition: &ComplexTypeDefData) -> Option<SimpleId> {
        let mut definition = definition;
        for _ in 0..CHAIN {
            let base = definition.resolved_base_type;
            match (&definition.content, definition.resolved_simple_content_type, base) {
                (ComplexContentResult::Complex(content), _, Some(TypeKey::Complex(base)))
                    if content.particle.is_none()
                        && definition.derivation_method == Some(DerivationMethod::Extension) =>
                {
                    definition = self.set.arenas.complex_types.get(base)?;
                }
                (ComplexContentResult::Empty | ComplexContentResult::Complex(_), ..) => return None,
                (ComplexContentResult::Simple(_), Some(TypeKey::Simple(own)), _)
                | (ComplexContentResult::Simple(_), None, Some(TypeKey::Simple(own))) => {
                    return self.simples.get(&own).copied();
                }
                (ComplexContentResult::Simple(_), _, Some(TypeKey::Complex(base))) => {
                    definition = self.set.arenas.complex_types.get(base)?;
                }
                (ComplexContentResult::Simple(_), ..) => return None,
            }
        }
        None
    }

    fn is_mixed(&self, definition: &ComplexTypeDefData, depth: usize) -> bool {
        match &definition.content {
            ComplexContentResult::Simple(_) => false,
            ComplexContentResult::Empty => definition.mixed,
            ComplexContentResult::Complex(content) => {
                let inherits = content.particle.is_none()
                    && definition.derivation_method == Some(DerivationMethod::Extension)
                    && depth < CHAIN;
                let base = definition.resolved_base_type.filter(|_| inherits);
                let base = match base {
                    Some(TypeKey::Complex(base)) => self.set.arenas.complex_types.get(base),
                    _ => None,
                };
                definition.mixed || content.mixed || base.is_some_and(|base| self.is_mixed(base, depth + 1))
            }
        }
    }

    fn children(&self, matcher: &ContentModelMatcher) -> Children {
        match matcher {
            ContentModelMatcher::Nfa(table) => self.sequence(table, false),
            ContentModelMatcher::WithOpenContent { nfa, .. } => self.sequence(nfa, true),
            ContentModelMatcher::AllGroup(model) => {
                let mut children = Children::default();
                for (rank, particle) in (0..).zip(&model.particles) {
                    let repeats = !matches!(particle.max_occurs, MaxOccurs::Bounded(0 | 1));
                    let required = particle.min_occurs > 0 && !model.outer_optional;
                    match term_in(&particle.term) {
                        Some(term) => self.add(&mut children, term, rank, |_| repeats, |_| required),
                        None => children.wildcard = children.wildcard.or(Some(rank * SPREAD)),
                    }
                }
                children.wildcard = children.wildcard.or(model.open_content.as_ref().map(|_| u32::MAX));
                children
            }
        }
    }

    /// States are numbered in the order in which the content model is written.
    fn sequence(&self, table: &NfaTable, open: bool) -> Children {
        let reach = Reach::of(table);
        let mut children = Children { declared: Names::default(), wildcard: open.then_some(u32::MAX) };
        for (rank, state) in (0..).zip(&table.states) {
            match state.term.as_ref().map(term_in) {
                Some(Some(term)) => {
                    let states = |name| self.states(table, name);
                    let repeats = |name| states(name).iter().any(|state| reach.meets_again(*state, &states(name)));
                    let required = |name| !reach.ends_without(&states(name));
                    self.add(&mut children, term, rank, repeats, required);
                }
                Some(None) if !open => children.wildcard = children.wildcard.or(Some(rank * SPREAD)),
                Some(None) | None => {}
            }
        }
        children
    }

    /// The states at which an element of this name is taken.
    fn states(&self, table: &NfaTable, name: (Option<NameId>, NameId)) -> Vec<usize> {
        let takes =
            |term: &NfaTerm| term_in(term).is_some_and(|term| self.names(term).iter().any(|known| known.name == name));
        let states = table.states.iter().enumerate();
        states.filter(|(_, state)| state.term.as_ref().is_some_and(takes)).map(|(number, _)| number).collect()
    }

    /// The elements that a term takes: its own, and those that may stand for it.
    fn names(&self, term: Term) -> Vec<Term> {
        let members = term.element.and_then(|key| self.substitutions.get(&key));
        let Some(members) = members.filter(|members| !members.is_empty()) else { return vec![term] };
        let mut terms: Vec<Term> = members
            .iter()
            .map(|(local, namespace)| {
                let element = self.set.lookup_element(*namespace, *local);
                Term { name: (*namespace, *local), element, kind: None }
            })
            .collect();
        terms.sort_by_key(|member| (member.name != term.name, self.name(member.name)));
        terms
    }

    fn add(
        &self,
        children: &mut Children,
        term: Term,
        rank: u32,
        repeats: impl Fn((Option<NameId>, NameId)) -> bool,
        required: impl Fn((Option<NameId>, NameId)) -> bool,
    ) {
        let names = self.names(term);
        let is_alone = names.len() == 1;
        for (offset, term) in (0..SPREAD).zip(names) {
            let (namespace, local) = self.name(term.name);
            let Some(kind) = self.kind_of(term.kind, term.element) else { continue };
            let rank = rank.saturating_mul(SPREAD).saturating_add(offset);
            let (repeats, required) = (repeats(term.name), is_alone && required(term.name));
            children.declared.insert(&namespace, &local, Child { kind, rank, repeats, required });
        }
    }

    fn declaration(&self, key: ElementKey) -> Option<&xsd_schema::arenas::ElementDeclData> {
        let declaration = self.set.arenas.elements.get(key)?;
        declaration.resolved_ref.and_then(|key| self.set.arenas.elements.get(key)).or(Some(declaration))
    }

    /// An element without a type of its own has that of the head of its substitution group, or any.
    fn kind_of(&self, kind: Option<TypeKey>, element: Option<ElementKey>) -> Option<TypeId> {
        let mut declaration = element.and_then(|key| self.declaration(key));
        let mut found = declaration.and_then(|declaration| declaration.resolved_type).or(kind);
        for _ in 0..CHAIN {
            if found.is_some() {
                break;
            }
            let head = declaration.and_then(|declaration| declaration.resolved_substitution_groups.first());
            declaration = head.and_then(|key| self.declaration(*key));
            found = declaration.and_then(|declaration| declaration.resolved_type);
        }
        self.kinds.get(&found.unwrap_or(TypeKey::Complex(self.set.any_type_key()))).copied()
    }

    fn attributes(&self, definition: &ComplexTypeDefData) -> (Names<Attribute>, bool) {
        let (mut attributes, mut open) = (Names::default(), false);
        let mut prohibited: HashSet<Name> = HashSet::new();
        let mut level = Some(definition);
        for _ in 0..CHAIN {
            let Some(definition) = level else { break };
            open |= definition.attribute_wildcard.is_some();
            let mut uses: Vec<_> = definition.attributes.iter().zip(&definition.resolved_attributes).collect();
            for group in &definition.resolved_attribute_groups {
                open |= self.group(*group, &mut uses, 0);
            }
            let mut hidden = Vec::new();
            for (written, resolved) in uses {
                let Some((name, attribute)) = self.attribute(written, resolved) else { continue };
                match written.use_kind {
                    AttributeUseKind::Prohibited => hidden.push(name),
                    AttributeUseKind::Optional | AttributeUseKind::Required if prohibited.contains(&name) => {}
                    AttributeUseKind::Optional | AttributeUseKind::Required => {
                        attributes.insert(&name.0, &name.1, attribute);
                    }
                }
            }
            prohibited.extend(hidden);
            level = match definition.resolved_base_type {
                Some(TypeKey::Complex(base)) if base != self.set.any_type_key() => {
                    self.set.arenas.complex_types.get(base)
                }
                _ => None,
            };
        }
        (attributes, open)
    }

    fn group<'s>(
        &'s self,
        key: AttributeGroupKey,
        uses: &mut Vec<(&'s AttributeUseResult, &'s ResolvedAttributeUse)>,
        depth: usize,
    ) -> bool {
        let Some(group) = self.set.arenas.attribute_groups.get(key).filter(|_| depth < CHAIN) else { return false };
        uses.extend(group.attributes.iter().zip(&group.resolved_attributes));
        let inner = group.resolved_attribute_groups.iter().chain(&group.resolved_ref);
        inner.fold(group.attribute_wildcard.is_some(), |open, key| self.group(*key, uses, depth + 1) || open)
    }

    fn attribute(&self, written: &AttributeUseResult, resolved: &ResolvedAttributeUse) -> Option<(Name, Attribute)> {
        let referred = resolved.resolved_ref.and_then(|key| self.set.arenas.attributes.get(key));
        let own = &written.attribute;
        let name = match (referred, &own.ref_name) {
            (Some(declaration), _) => (declaration.target_namespace, declaration.name?),
            (None, Some(name)) => (name.namespace, name.local_name),
            (None, None) => {
                let form = own.form.as_deref();
                let namespace =
                    self.set.effective_local_attribute_namespace(own.target_namespace, form, own.source.as_ref(), None);
                (namespace, own.name?)
            }
        };
        let kind = resolved.resolved_type.or_else(|| referred.and_then(|declaration| declaration.resolved_type));
        let any = self.set.get_built_in_simple_type_by_code(xsd_schema::XmlTypeCode::AnySimpleType);
        let simple = match kind {
            Some(TypeKey::Simple(key)) => Some(key),
            Some(TypeKey::Complex(_)) | None => any,
        };
        let simple = *self.simples.get(&simple?)?;
        Some((self.name(name), Attribute { simple, required: written.use_kind == AttributeUseKind::Required }))
    }
}

/// Room between two ranks, for the members of a substitution group.
const SPREAD: u32 = 1 << 12;

/// The element that a term names; nothing for a wildcard.
fn term_in(term: &NfaTerm) -> Option<Term> {
    match term {
        NfaTerm::Element { name, namespace, element_key, resolved_type } => {
            Some(Term { name: (*namespace, *name), element: *element_key, kind: *resolved_type })
        }
        NfaTerm::Wildcard { .. } => None,
    }
}

/// Which states can be reached from which. Counters are taken for always satisfied: what is said to repeat may in
/// truth not, and what is said to be optional may in truth be required, never the other way round.
struct Reach<'a> {
    table: &'a NfaTable,
    after: BTreeMap<usize, HashSet<usize>>,
}

impl<'a> Reach<'a> {
    fn of(table: &'a NfaTable) -> Self {
        let mut reach = Self { table, after: BTreeMap::new() };
        let terms = table.states.iter().enumerate().filter(|(_, state)| state.term.is_some());
        reach.after = terms.map(|(number, _)| (number, reach.from(number, &[]))).collect();
        reach
    }

    /// The states that can follow a state, without taking an element at any of those that are barred.
    fn from(&self, start: usize, barred: &[usize]) -> HashSet<usize> {
        let mut found = HashSet::new();
        let mut waiting = vec![start];
        while let Some(state) = waiting.pop() {
            let transitions =
                self.table.states.get(state).map(|state| state.transitions.as_slice()).unwrap_or_default();
            let is_barred = barred.contains(&state);
            let free = transitions.iter().filter(|step| !is_barred || step.kind != TransitionKind::Consume);
            waiting.extend(free.map(|step| step.target as usize).filter(|target| found.insert(*target)));
        }
        found
    }

    fn meets_again(&self, state: usize, states: &[usize]) -> bool {
        self.after.get(&state).is_some_and(|after| states.iter().any(|state| after.contains(state)))
    }

    fn ends_without(&self, states: &[usize]) -> bool {
        let (start, accept) = (self.table.start_state as usize, self.table.accept_state as usize);
        start == accept || self.from(start, states).contains(&accept)
    }
}
