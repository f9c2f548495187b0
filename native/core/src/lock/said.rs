//! What the keywords of one schema object say, and the node that comes of it. The keywords are read elsewhere (`walk`).

use super::forms::FormName;
use super::keywords::infer_types;
use super::tree::{ANY, Home, Id, Place, Raw, RawProperty};
use crate::pattern::Pattern;
use crate::profile::{NormOps, NumberLimits, Primitive, ScalarNode, StringLimits, TypeName, ValuesKeyword, ValuesNode};

pub struct Said {
    pub types: Vec<TypeName>,
    pub values: Vec<Primitive>,
    /// With `pattern` alone: allOf and x-norm join it in the node.
    pub string: StringLimits,
    pub all_of: Vec<Pattern>,
    pub number: NumberLimits,
    pub norm: NormOps,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub items: Option<Id>,
    pub prefix: Vec<Id>,
    pub properties: Vec<RawProperty>,
    pub additional: Option<Id>,
    pub names: Option<Id>,
    pub branches: Vec<Id>,
    pub discriminator: Option<Box<str>>,
    pub target: Home,
}

impl Said {
    /// Nothing but the types that told the form.
    pub fn new(types: Vec<TypeName>) -> Self {
        Self {
            types,
            values: Vec::new(),
            string: StringLimits::default(),
            all_of: Vec::new(),
            number: NumberLimits::default(),
            norm: NormOps::NONE,
            min_items: None,
            max_items: None,
            items: Some(ANY),
            prefix: Vec::new(),
            properties: Vec::new(),
            additional: Some(ANY),
            names: None,
            branches: Vec::new(),
            discriminator: None,
            target: 0,
        }
    }

    /// The node of that form.
    pub fn node(self, form: FormName, places: &[Place]) -> Raw {
        match form {
            FormName::Any => Raw::Any,
            FormName::Ref => Raw::Ref(self.target),
            FormName::Const => self.values(ValuesKeyword::Const),
            FormName::Enum => self.values(ValuesKeyword::Enum),
            FormName::Union => union_of(self.branches, places),
            // The key and the values are filled in when all definitions are known.
            FormName::Discriminated => Raw::Discriminated {
                key: Box::default(),
                branches: self.branches.into_iter().map(|node| (Vec::new(), node)).collect(),
            },
            FormName::String | FormName::Number | FormName::Bare => self.scalar(form),
            FormName::Array | FormName::Tuple => self.array(),
            // That the names are a string form is checked when all definitions are known.
            FormName::Object | FormName::Record => {
                Raw::Object { properties: self.properties, additional: self.additional, names: self.names }
            }
        }
    }

    fn values(self, keyword: ValuesKeyword) -> Raw {
        let types = if self.types.is_empty() { infer_types(&self.values) } else { self.types };
        Raw::Values(ValuesNode { keyword, values: self.values, types, norm: self.norm })
    }

    fn scalar(self, form: FormName) -> Raw {
        let mut string = self.string;
        string.patterns.extend(self.all_of);
        string.norm = self.norm;
        let says_string = string.min_length.is_some()
            || string.max_length.is_some()
            || !string.patterns.is_empty()
            || !string.norm.is_empty();
        Raw::Scalar(ScalarNode {
            types: self.types,
            string: (form == FormName::String && says_string).then_some(string),
            number: (form == FormName::Number && self.number != NumberLimits::default()).then_some(self.number),
        })
    }

    fn array(self) -> Raw {
        let most = self.prefix.len() as u64;
        let max_items = match self.items {
            None => Some(self.max_items.map_or(most, |max| max.min(most))),
            Some(_) => self.max_items,
        };
        Raw::Array { prefix: self.prefix, items: self.items, min_items: self.min_items, max_items }
    }
}

fn union_of(branches: Vec<Id>, places: &[Place]) -> Raw {
    let is_null = |id: Id| matches!(&places[id].node, Raw::Scalar(scalar) if *scalar.types == [TypeName::Null]);
    match *branches {
        [inner, null] if is_null(null) => Raw::Nullable { inner, null_first: false },
        [null, inner] if is_null(null) => Raw::Nullable { inner, null_first: true },
        _ => Raw::Union(branches),
    }
}
