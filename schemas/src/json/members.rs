//! The members of an element's object, told apart by their keys.

use super::names::{CONTENT, VALUE};
use super::value::Node;
use std::borrow::Cow;

/// The members of an element's object, by what they are.
#[derive(Default)]
pub(super) struct Members<'n, 'a> {
    /// Keys without their `@`.
    pub attributes: Vec<(&'n str, &'n Node<'a>)>,
    pub value: Option<&'n Node<'a>>,
    pub content: Option<&'n Node<'a>>,
    pub children: Vec<(&'n str, &'n Node<'a>)>,
}

impl<'n, 'a> Members<'n, 'a> {
    pub(super) fn of(members: &'n [(Cow<'a, str>, Node<'a>)]) -> Self {
        let mut sorted = Self::default();
        for (key, node) in members {
            match (key.as_ref(), key.strip_prefix('@')) {
                (VALUE, _) => sorted.value = Some(node),
                (CONTENT, _) => sorted.content = Some(node),
                (_, Some(attribute)) => sorted.attributes.push((attribute, node)),
                (key, None) => sorted.children.push((key, node)),
            }
        }
        sorted
    }
}
