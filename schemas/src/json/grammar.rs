//! What the mapping has to know of a schema: which names stand where, in which order, and what their values are.
//!
//! Plain data without any engine's types; `validate::xsd` fills it from the compiled schema.

use crate::area::COMMON_NAMESPACE;
use std::collections::BTreeMap;

/// Namespace of the types that areas share: prefix `c` in the documents that the mapping writes.
pub(crate) const COMMON: &str = COMMON_NAMESPACE;
/// Namespace of XML Schema's own types.
pub(crate) const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// Namespace of `xsi:nil`, `xsi:type` and their kin.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Namespace that the prefix `xml` always has.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A type, by its place in the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeId(pub usize);

/// A simple type, by its place in the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SimpleId(pub usize);

/// A namespace, empty for none, and a local name.
pub(crate) type Name = (String, String);

/// Things by expanded name.
#[derive(Debug, Clone)]
pub(crate) struct Names<T>(BTreeMap<String, Vec<(String, T)>>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Names<T> {
    /// Adds what was not there.
    pub(crate) fn insert(&mut self, namespace: &str, local: &str, value: T) {
        if self.get(namespace, local).is_none() {
            self.0.entry(local.to_owned()).or_default().push((namespace.to_owned(), value));
        }
    }

    pub(crate) fn get(&self, namespace: &str, local: &str) -> Option<&T> {
        self.by_local(local).iter().find(|(known, _)| known == namespace).map(|(_, value)| value)
    }

    /// All that bear this local name, with their namespaces.
    pub(crate) fn by_local(&self, local: &str) -> &[(String, T)] {
        self.0.get(local).map_or(&[], Vec::as_slice)
    }

    /// Namespace, local name and value, by local name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &T)> {
        self.0
            .iter()
            .flat_map(|(local, values)| values.iter().map(move |(ns, value)| (ns.as_str(), local.as_str(), value)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A schema as the mapping sees it.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    /// Namespace of the area: the default namespace of the documents that the mapping writes.
    pub namespace: String,
    pub types: Vec<Type>,
    pub simples: Vec<Simple>,
    /// Elements that are declared globally, with their types.
    pub roots: Names<TypeId>,
    /// Types with a name, XML Schema's own among them.
    pub named: Names<TypeId>,
}

/// A type of elements.
#[derive(Debug)]
pub(crate) struct Type {
    /// Its name; `None` for an anonymous one.
    pub name: Option<Name>,
    pub content: Content,
    pub attributes: Names<Attribute>,
    /// Whether it allows attributes that it does not name.
    pub open_attributes: bool,
}

/// What stands between an element's tags.
#[derive(Debug)]
pub(crate) enum Content {
    /// A value.
    Simple(SimpleId),
    /// Elements; white space between them means nothing.
    Elements(Children),
    /// Elements and text.
    Mixed(Children),
    /// Whatever there is (`xs:anyType`).
    Anything,
}

/// The elements of a content model.
#[derive(Debug, Default)]
pub(crate) struct Children {
    pub declared: Names<Child>,
    /// Where elements stand that the type does not name, if it lets any in.
    pub wildcard: Option<u32>,
}

/// An element in a content model.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub kind: TypeId,
    /// Its place among the others, in the order in which the content model names them first.
    pub rank: u32,
    /// Whether some valid document has it more than once.
    pub repeats: bool,
    /// Whether every valid document has it.
    pub required: bool,
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    pub simple: SimpleId,
    pub required: bool,
}

/// A simple type.
#[derive(Debug)]
pub(crate) struct Simple {
    /// Its name; `None` for an anonymous one.
    pub name: Option<Name>,
    pub lexis: Lexis,
    pub facets: Facets,
}

/// How values of a simple type are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lexis {
    /// `xs:string` and what derives from it.
    Text,
    Boolean,
    Integer,
    Decimal,
    /// `xs:float`, `xs:double`.
    Float,
    /// A name whose prefix is resolved where it stands (`xs:QName`, `xs:NOTATION`).
    QName,
    Date,
    DateTime,
    Time,
    /// Everything else: a string without further knowledge.
    Other,
}

/// What white space means in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhiteSpace {
    /// It is part of the value.
    Preserve,
    /// XML Schema replaces or removes some before it looks at the value.
    Changed,
}

/// Restrictions of a simple type, with those that it inherits.
#[derive(Debug)]
pub(crate) struct Facets {
    pub white_space: WhiteSpace,
    /// The values allowed, sorted; empty where there is no list.
    pub values: Vec<String>,
    /// Whether a value equals one of the list only if it is spelled like it.
    pub lists_texts: bool,
    /// All of these have to match, each by one of its alternatives.
    pub patterns: Vec<Vec<String>>,
    /// Characters, for [`Lexis::Text`] only.
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    /// Lower and upper bound as written; exclusive ones are listed as if they were inclusive.
    pub minimum: Option<String>,
    pub maximum: Option<String>,
}

impl Grammar {
    pub(crate) fn kind(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0)
    }

    pub(crate) fn simple(&self, id: SimpleId) -> Option<&Simple> {
        self.simples.get(id.0)
    }

    /// The prefix `c` is of use: the schema builds upon the common types and is not itself their namespace.
    pub(crate) fn uses_common(&self) -> bool {
        self.namespace != COMMON && self.named.iter().any(|(namespace, ..)| namespace == COMMON)
    }

    /// The type of an element: what its parent's content model says, or the global declaration of its name.
    pub(crate) fn kind_of(&self, parent: Option<&Type>, namespace: &str, local: &str) -> Option<TypeId> {
        let declared = parent.and_then(Type::children).and_then(|children| children.declared.get(namespace, local));
        declared.map(|child| child.kind).or_else(|| self.roots.get(namespace, local).copied())
    }
}

impl Type {
    pub(crate) fn children(&self) -> Option<&Children> {
        match &self.content {
            Content::Elements(children) | Content::Mixed(children) => Some(children),
            Content::Simple(_) | Content::Anything => None,
        }
    }

    /// Whether its elements are plain values in JSON: a value, and no attribute beside it.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.content, Content::Simple(_)) && self.attributes.is_empty() && !self.open_attributes
    }
}

impl Children {
    /// Whether no element may stand here.
    pub(crate) fn is_empty(&self) -> bool {
        self.declared.is_empty() && self.wildcard.is_none()
    }

    /// The key under which an element stands in its parent's object: its local name, where the parent's type knows one
    /// element of that name only, and this is it.
    pub(crate) fn is_plain_key(&self, namespace: &str, local: &str) -> bool {
        matches!(self.declared.by_local(local), [(known, _)] if known == namespace)
    }

    /// Where an element stands among its siblings.
    pub(crate) fn rank(&self, namespace: &str, local: &str) -> u32 {
        let declared = self.declared.get(namespace, local).map(|child| child.rank);
        declared.or(self.wildcard).unwrap_or(u32::MAX)
    }

    /// Whether an element stands in a list, however often it occurs.
    pub(crate) fn is_listed(&self, namespace: &str, local: &str) -> bool {
        self.declared.get(namespace, local).is_none_or(|child| child.repeats)
    }
}
