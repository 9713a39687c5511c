//! What kind of value an expression may have: a set of possibilities, guessed and never proved.

/// A set of kinds of values. Everything is possible until something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ty(u16);

impl Ty {
    pub(super) const NOTHING: Self = Self(0);
    pub(super) const INT: Self = Self(1);
    pub(super) const FLOAT: Self = Self(1 << 1);
    pub(super) const STR: Self = Self(1 << 2);
    pub(super) const BOOL: Self = Self(1 << 3);
    pub(super) const LIST: Self = Self(1 << 4);
    pub(super) const TUPLE: Self = Self(1 << 5);
    pub(super) const DICT: Self = Self(1 << 6);
    pub(super) const SET: Self = Self(1 << 7);
    pub(super) const NONE: Self = Self(1 << 8);
    pub(super) const FUNCTION: Self = Self(1 << 9);
    pub(super) const OBJECT: Self = Self(1 << 10);
    pub(super) const ITERATOR: Self = Self(1 << 11);
    pub(super) const ANY: Self = Self((1 << 12) - 1);

    pub(super) const NUMBER: Self = Self(Self::INT.0 | Self::FLOAT.0);
    pub(super) const INDEXED: Self = Self(Self::LIST.0 | Self::TUPLE.0 | Self::STR.0);
    pub(super) const COLLECTION: Self = Self(Self::INDEXED.0 | Self::DICT.0 | Self::SET.0);
    pub(super) const ITERABLE: Self = Self(Self::COLLECTION.0 | Self::ITERATOR.0);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing at all is known.
    pub(super) fn is_unknown(self) -> bool {
        self == Self::ANY || self == Self::NOTHING
    }

    /// Whether the value may be of `kind`.
    pub(super) fn may_be(self, kind: Self) -> bool {
        self.is_unknown() || self.0 & kind.0 != 0
    }

    /// Whether the value is known to be of `kind`.
    pub(super) fn is(self, kind: Self) -> bool {
        !self.is_unknown() && self.without(Self::NONE).0 & !kind.0 == 0 && self.0 & kind.0 != 0
    }

    /// How well a value of kind `other` would serve where `self` stands, in (0, 1].
    pub(super) fn affinity(self, other: Self) -> f64 {
        match (self.is_unknown(), other.is_unknown()) {
            (true, true) => 0.6,
            (true, false) | (false, true) => 0.4,
            _ if self.is(Self::NUMBER) && other.is(Self::NUMBER) && self.0 & other.0 == 0 => 0.6,
            _ if self.0 & other.0 & !Self::NONE.0 == 0 => 0.04,
            _ if self.0 == other.0 => 1.0,
            _ => 0.8,
        }
    }

    /// The type that an annotation names, and the type of its elements.
    pub(super) fn of_annotation(text: &str) -> (Self, Self) {
        let text = text.trim().trim_matches(['"', '\'']);
        let mut ty = Self::NOTHING;
        let mut element = Self::ANY;
        for part in split_union(text) {
            let (name, inner) = match part.split_once('[') {
                Some((name, rest)) => (name, Some(rest.trim_end_matches(']'))),
                None => (part, None),
            };
            let name = name.trim().rsplit('.').next().unwrap_or(name);
            if name == "Optional" || name == "Union" {
                let inner = Self::of_annotation(inner.unwrap_or(""));
                ty = ty.or(inner.0).or(Self::NONE);
                element = inner.1;
                continue;
            }
            ty = ty.or(Self::of_name(name));
            if let Some(inner) = inner
                && matches!(
                    name.to_ascii_lowercase().as_str(),
                    "list" | "set" | "sequence" | "iterable" | "deque" | "frozenset" | "iterator"
                )
            {
                element = Self::of_annotation(inner).0;
            }
        }
        if ty == Self::NOTHING {
            ty = Self::ANY;
        }
        (ty, element)
    }

    fn of_name(name: &str) -> Self {
        match name {
            "int" => Self::INT,
            "float" | "Decimal" | "Fraction" => Self::FLOAT,
            "str" | "bytes" => Self::STR,
            "bool" => Self::BOOL,
            "list" | "List" | "Sequence" | "MutableSequence" | "deque" | "Deque" => Self::LIST,
            "tuple" | "Tuple" => Self::TUPLE,
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "Counter"
            | "OrderedDict" | "DefaultDict" => Self::DICT,
            "set" | "Set" | "frozenset" | "FrozenSet" => Self::SET,
            "None" => Self::NONE,
            "Callable" => Self::FUNCTION,
            "Iterable" | "Iterator" | "Generator" | "Collection" => Self::ITERABLE,
            "Any" | "" | "object" => Self::ANY,
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) && name.len() > 1 => {
                Self::OBJECT
            }
            _ => Self::ANY,
        }
    }

    /// What a call of the function `name` gives; unknown for functions that are not built in.
    pub(super) fn of_call(name: &str) -> Self {
        match name {
            "len" | "int" | "ord" | "hash" | "id" | "floor" | "ceil" | "gcd" | "isqrt" => Self::INT,
            "sum" | "abs" | "round" | "pow" => Self::NUMBER,
            "float" | "sqrt" | "log" | "log2" | "log10" | "exp" | "time" => Self::FLOAT,
            "str" | "repr" | "chr" | "input" | "format" | "bin" | "hex" | "oct" => Self::STR,
            "bool" | "isinstance" | "issubclass" | "any" | "all" | "callable" | "hasattr" => {
                Self::BOOL
            }
            "list" | "sorted" | "deque" | "dir" => Self::LIST,
            "tuple" | "divmod" => Self::TUPLE,
            "dict" | "defaultdict" | "Counter" | "OrderedDict" | "vars" => Self::DICT,
            "set" | "frozenset" => Self::SET,
            "range" | "enumerate" | "zip" | "map" | "filter" | "iter" | "reversed" => {
                Self::ITERATOR
            }
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => Self::OBJECT,
            _ => Self::ANY,
        }
    }

    /// What a call of the method `name` gives.
    pub(super) fn of_method(name: &str) -> Self {
        match name {
            "split" | "rsplit" | "splitlines" | "readlines" => Self::LIST,
            "join" | "strip" | "lstrip" | "rstrip" | "upper" | "lower" | "title" | "capitalize"
            | "replace" | "format" | "zfill" | "ljust" | "rjust" | "center" | "strftime"
            | "isoformat" | "decode" | "read" | "removeprefix" | "removesuffix" => Self::STR,
            "find" | "rfind" | "index" | "rindex" | "count" | "bit_length" | "weekday" => Self::INT,
            "startswith" | "endswith" | "isdigit" | "isalpha" | "isalnum" | "isspace"
            | "isupper" | "islower" | "issubset" | "issuperset" | "isdisjoint" | "exists"
            | "is_file" => Self::BOOL,
            "items" | "keys" | "values" | "finditer" => Self::ITERATOR,
            "union" | "intersection" | "difference" | "symmetric_difference" => Self::SET,
            "total_seconds" => Self::FLOAT,
            "append" | "extend" | "insert" | "add" | "discard" | "remove" | "sort" | "reverse"
            | "clear" | "update" | "appendleft" => Self::NONE,
            _ => Self::ANY,
        }
    }

    /// What a value must be to have the method `name`.
    pub(super) fn with_method(name: &str) -> Self {
        match name {
            "append" | "extend" | "insert" | "sort" | "reverse" | "appendleft" | "popleft"
            | "extendleft" => Self::LIST,
            "add"
            | "discard"
            | "union"
            | "intersection"
            | "difference"
            | "issubset"
            | "issuperset"
            | "isdisjoint"
            | "symmetric_difference" => Self::SET,
            "items" | "keys" | "values" | "setdefault" | "get" | "popitem" => Self::DICT,
            "update" => Self::DICT.or(Self::SET),
            "remove" => Self::LIST.or(Self::SET),
            "pop" | "clear" | "copy" => Self::LIST.or(Self::DICT).or(Self::SET),
            "index" | "count" => Self::INDEXED,
            "split" | "rsplit" | "strip" | "lstrip" | "rstrip" | "upper" | "lower" | "title"
            | "replace" | "startswith" | "endswith" | "join" | "isdigit" | "isalpha"
            | "isalnum" | "isspace" | "isupper" | "islower" | "find" | "rfind" | "format"
            | "capitalize" | "zfill" | "ljust" | "rjust" | "center" | "encode" | "splitlines"
            | "removeprefix" | "removesuffix" => Self::STR,
            _ => Self::OBJECT,
        }
    }

    /// What the only argument of the built-in function `name` must be.
    pub(super) fn of_argument(name: &str) -> Self {
        match name {
            "len" => Self::COLLECTION,
            "range" | "chr" | "bin" | "hex" => Self::INT,
            "abs" | "round" | "sqrt" | "floor" | "ceil" | "pow" => Self::NUMBER,
            "sum" | "sorted" | "any" | "all" | "list" | "set" | "tuple" | "enumerate"
            | "reversed" | "iter" | "frozenset" | "deque" | "Counter" => Self::ITERABLE,
            "ord" => Self::STR,
            _ => Self::ANY,
        }
    }
}

/// The members of `A | B`, commas of `Union[A, B]` included, brackets kept whole.
fn split_union(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            '|' | ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_name_types_and_their_elements() {
        assert_eq!(Ty::of_annotation("int"), (Ty::INT, Ty::ANY));
        assert_eq!(Ty::of_annotation("list[int]"), (Ty::LIST, Ty::INT));
        assert_eq!(
            Ty::of_annotation("typing.Optional[List[str]]"),
            (Ty::LIST.or(Ty::NONE), Ty::STR)
        );
        assert_eq!(
            Ty::of_annotation("dict[str, int] | None"),
            (Ty::DICT.or(Ty::NONE), Ty::ANY)
        );
    }

    #[test]
    fn like_serves_in_place_of_like() {
        assert!(Ty::INT.affinity(Ty::INT) > Ty::NUMBER.affinity(Ty::INT));
        assert!(Ty::NUMBER.affinity(Ty::INT) > Ty::INT.affinity(Ty::ANY));
        assert!(Ty::INT.affinity(Ty::ANY) > Ty::INT.affinity(Ty::STR));
    }
}
