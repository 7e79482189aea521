//! Where the reader is, and what it has met: shared by the engine's sink and hooks during one run.

use super::english;
use crate::validate::engine::{At, Breach};
use std::cell::{Cell, RefCell};
use xsd_schema::TypeKey;
use xsd_schema::validation::{
    ExpandedName, InstancePath, PathStep, ValidationError, ValidationSink, ValidationSubject, ValidationWarning,
};

/// Namespace of the attributes that belong to XML Schema itself.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Rule that a child breaks which may not stand where it stands, and an element that lacks children.
pub(super) const CONTENT: &str = "cvc-complex-type.2.4";
/// Rule that an element breaks for which there is no declaration.
const UNDECLARED: &str = "cvc-elt.1";

/// An open element: the offset of its `<`, and its type once that is known.
#[derive(Debug, Clone, Copy)]
struct Open {
    offset: usize,
    schema_type: Option<TypeKey>,
}

/// A breach of a content model: a child that may not stand where it stands, or children that are lacking at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    /// Index of the breach.
    pub breach: usize,
    /// Offset of the parent.
    pub parent: usize,
    /// The parent's type.
    pub parent_type: TypeKey,
    /// Offset of the child; `None` where the parent ended too early.
    pub child: Option<usize>,
}

/// The open elements, and the breaches so far.
pub(super) struct Trace {
    open: RefCell<Vec<Open>>,
    breaches: RefCell<Vec<Breach>>,
    refusals: RefCell<Vec<Refusal>>,
    total: Cell<usize>,
    muted: Cell<bool>,
    /// The child that was refused last where it stands.
    refused: Cell<Option<usize>>,
    most: usize,
    message_chars: usize,
}

impl Trace {
    pub(super) fn new(most: usize, message_chars: usize) -> Self {
        Self {
            open: RefCell::new(Vec::with_capacity(16)),
            breaches: RefCell::default(),
            refusals: RefCell::default(),
            total: Cell::new(0),
            muted: Cell::new(false),
            refused: Cell::new(None),
            most,
            message_chars,
        }
    }

    pub(super) fn enter(&self, offset: usize) {
        self.open.borrow_mut().push(Open { offset, schema_type: None });
    }

    pub(super) fn leave(&self) {
        self.open.borrow_mut().pop();
    }

    /// The innermost open element is of this type.
    pub(super) fn set_type(&self, schema_type: Option<TypeKey>) {
        if let Some(open) = self.open.borrow_mut().last_mut() {
            open.schema_type = schema_type;
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.open.borrow().len()
    }

    /// Offset of the innermost open element.
    pub(super) fn here(&self) -> usize {
        self.open.borrow().last().map(|open| open.offset).unwrap_or_default()
    }

    /// Notes a breach that the engine does not see, at the innermost open element.
    pub(super) fn note(&self, rule: &'static str, message: String) {
        self.add(|| Breach { rule: rule.into(), message, at: At::Offset(self.here()), attribute: None });
    }

    /// Takes no further breaches.
    pub(super) fn mute(&self) {
        self.muted.set(true);
    }

    /// What was met: the breaches that are listed, their true number, and those among them that concern content.
    pub(super) fn into_parts(self) -> (Vec<Breach>, usize, Vec<Refusal>) {
        (self.breaches.into_inner(), self.total.get(), self.refusals.into_inner())
    }

    fn add(&self, breach: impl FnOnce() -> Breach) {
        if self.muted.get() {
            return;
        }
        self.total.set(self.total.get() + 1);
        if self.breaches.borrow().len() < self.most {
            let breach = breach();
            self.breaches.borrow_mut().push(breach);
        }
    }

    /// Whether the innermost open element was refused where it stands; that it is then also "not declared" is no news.
    fn has_refused_this_child(&self) -> bool {
        self.refused.get() == Some(self.here())
    }

    fn refuse(&self, path: Option<&InstancePath>) {
        let open = self.open.borrow();
        let is_child = path.is_some_and(|path| path.len() + 1 == open.len());
        let skipped = usize::from(is_child);
        let child = open.last().filter(|_| is_child).map(|open| open.offset);
        self.refused.set(child);
        let breach = self.breaches.borrow().len();
        if let Some(Open { offset: parent, schema_type: Some(parent_type) }) = open.iter().rev().nth(skipped).copied()
            && breach < self.most
            && !self.muted.get()
        {
            self.refusals.borrow_mut().push(Refusal { breach, parent, parent_type, child });
        }
    }

    /// The engine speaks of the element it is at, of the parent when a child may not stand there (then the child is
    /// the place to look at), or, late, of an element that lies elsewhere.
    fn place(&self, path: Option<&InstancePath>) -> At {
        let open = self.open.borrow();
        let steps = path.map(elements).unwrap_or_default();
        let nearby = steps.len() == open.len() || steps.len() + 1 == open.len();
        match open.last() {
            Some(open) if nearby || steps.is_empty() => At::Offset(open.offset),
            _ => At::Path(steps),
        }
    }
}

fn elements(path: &InstancePath) -> Vec<(String, String, usize)> {
    path.steps()
        .filter_map(|step: &PathStep| {
            let name = step.name();
            step.position().map(|position| (name.namespace_uri().into(), name.local_name().into(), position))
        })
        .collect()
}

fn attribute_step(name: &ExpandedName) -> String {
    match name.namespace_uri() {
        "" => format!("@{}", name.local_name()),
        XSI => format!("@xsi:{}", name.local_name()),
        _ => format!("@{name}"),
    }
}

/// Takes what the engine reports.
pub(super) struct Sink<'a>(pub(super) &'a Trace);

impl ValidationSink for Sink<'_> {
    fn on_error(&mut self, error: ValidationError) {
        if error.constraint == UNDECLARED && self.0.has_refused_this_child() {
            return;
        }
        if error.constraint == CONTENT {
            self.0.refuse(error.instance_path());
        }
        self.0.add(|| {
            let attribute = match error.subject() {
                Some(ValidationSubject::Attribute(name)) => Some(attribute_step(name)),
                _ => None,
            };
            let at = self.0.place(error.instance_path());
            let message = english::sentence(&error.message, self.0.message_chars);
            Breach { rule: error.constraint.into(), message, at, attribute }
        });
    }

    fn on_warning(&mut self, _warning: ValidationWarning) {}
}
