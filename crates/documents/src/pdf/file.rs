//! Where the objects of a file lie. Source: ISO 32000-1, 7.3.10 and 7.5.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::filters;
use super::object::{Dict, Lexer, Object, is_space};
use crate::error::{Error, Result};
use crate::limits::Budget;

/// Objects of a file at most.
const OBJECTS_MAX: usize = 1 << 20;

/// References that lead to references.
const HOPS_MAX: usize = 8;

/// A file of which is known where everything lies.
pub(crate) struct File<'a> {
    bytes: &'a [u8],
    pub budget: &'a Budget,
    objects: HashMap<u32, Place>,
    /// Streams of objects, unpacked.
    packs: Vec<Rc<[u8]>>,
    /// Where the tree of pages begins.
    pub root: Option<u32>,
}

#[derive(Debug, Clone)]
enum Place {
    /// Where its text begins, and what its stream covers.
    Here(usize, Option<Range<usize>>),
    /// In which pack, and where there.
    Packed(usize, usize),
}

/// An object with the bytes that belong to it.
pub(crate) struct Found<'a> {
    pub object: Object,
    stream: Option<&'a [u8]>,
}

impl<'a> File<'a> {
    /// Finds all objects.
    pub fn read(bytes: &'a [u8], budget: &'a Budget) -> Result<Self> {
        let mut file = Self {
            bytes,
            budget,
            objects: HashMap::new(),
            packs: Vec::new(),
            root: None,
        };
        let mut catalogue = None;
        let mut at = 0;
        budget.step(bytes.len())?;
        while let Some(mark) = next_mark(bytes, at) {
            at = match mark {
                Mark::Trailer(end) => {
                    let mut lexer = Lexer::new(bytes, end, budget);
                    if let Some(Object::Dict(dict)) = lexer.next()? {
                        file.trailer(&dict)?;
                    }
                    lexer.at.max(end)
                }
                Mark::Object(number, from) => {
                    let (object, end, stream) = file.object_at(from)?;
                    if let Some(dict) = object.dict() {
                        if dict.get("Type").and_then(Object::name) == Some("Catalog") {
                            catalogue = Some(number);
                        }
                        if let Some(range) = &stream {
                            file.unpack(dict, &bytes[range.clone()])?;
                        }
                    }
                    file.put(number, Place::Here(from, stream))?;
                    end.max(from)
                }
            };
        }
        file.root = file.root.or(catalogue);
        Ok(file)
    }

    fn put(&mut self, number: u32, place: Place) -> Result<()> {
        if self.objects.len() >= OBJECTS_MAX {
            return Err(Error::TooMuch {
                of: "objects",
                limit: OBJECTS_MAX as u64,
            });
        }
        self.objects.insert(number, place);
        Ok(())
    }

    fn trailer(&mut self, dict: &Dict) -> Result<()> {
        if matches!(
            dict.get("Encrypt"),
            Some(Object::Dict(_) | Object::Reference(_))
        ) {
            return Err(Error::Locked);
        }
        if let Some(Object::Reference(number)) = dict.get("Root") {
            self.root = Some(*number);
        }
        Ok(())
    }

    /// The object whose text begins there, where it ends, and what its stream covers.
    fn object_at(&self, from: usize) -> Result<(Object, usize, Option<Range<usize>>)> {
        let mut lexer = Lexer::new(self.bytes, from, self.budget);
        let object = lexer.next()?.unwrap_or_default();
        let mut end = lexer.at;
        let Some(dict) = object.dict() else {
            return Ok((object, end, None));
        };
        lexer.skip_space();
        let rest = &self.bytes[lexer.at.min(self.bytes.len())..];
        if !rest.starts_with(b"stream") {
            return Ok((object, end, None));
        }
        let mut start = lexer.at + 6;
        start += match &self.bytes[start..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => 0,
        };
        let said = dict.get("Length").and_then(Object::count);
        let said = said.and_then(|length| start.checked_add(length));
        let ends = |end: &usize| {
            let rest = self.bytes.get(*end..).unwrap_or_default();
            let space = rest
                .iter()
                .take(4)
                .take_while(|byte| is_space(**byte))
                .count();
            rest[space..].starts_with(b"endstream")
        };
        let stop = match said.filter(ends) {
            Some(stop) => stop,
            None => {
                let rest = &self.bytes[start..];
                let found = find(rest, b"endstream").unwrap_or(rest.len());
                self.budget.step(found)?;
                start + found
            }
        };
        end = end.max(stop);
        Ok((object, end, Some(start..stop)))
    }

    /// Notes the objects that lie in a stream, where it is one of objects.
    fn unpack(&mut self, dict: &Dict, raw: &[u8]) -> Result<()> {
        match dict.get("Type").and_then(Object::name) {
            Some("XRef") => return self.trailer(dict),
            Some("ObjStm") => {}
            _ => return Ok(()),
        }
        let (Some(first), Some(bytes)) = (
            dict.get("First").and_then(Object::count),
            filters::decoded(raw, dict, self.budget)?,
        ) else {
            return Ok(());
        };
        let count = dict.get("N").and_then(Object::count).unwrap_or(0);
        let pack = self.packs.len();
        let mut places = Vec::new();
        let mut lexer = Lexer::new(&bytes, 0, self.budget);
        for _ in 0..count {
            let (Some(number), Some(at)) = (lexer.next()?, lexer.next()?) else {
                break;
            };
            let (Some(number), Some(at)) = (number.count(), at.count()) else {
                break;
            };
            places.push((number as u32, first.saturating_add(at)));
        }
        self.packs.push(bytes.into());
        for (number, at) in places {
            self.put(number, Place::Packed(pack, at))?;
        }
        Ok(())
    }

    /// The object of a number.
    pub fn get(&self, number: u32) -> Result<Found<'a>> {
        let nothing = Found {
            object: Object::Null,
            stream: None,
        };
        Ok(match self.objects.get(&number) {
            None => nothing,
            Some(Place::Here(from, stream)) => Found {
                object: Lexer::new(self.bytes, *from, self.budget)
                    .next()?
                    .unwrap_or_default(),
                stream: stream.clone().map(|range| &self.bytes[range]),
            },
            Some(Place::Packed(pack, at)) => {
                let bytes = Rc::clone(&self.packs[*pack]);
                let mut lexer = Lexer::new(&bytes, (*at).min(bytes.len()), self.budget);
                Found {
                    object: lexer.next()?.unwrap_or_default(),
                    stream: None,
                }
            }
        })
    }

    /// What an object is, wherever it lies.
    pub fn resolved(&self, object: &Object) -> Result<Found<'a>> {
        let mut found = Found {
            object: object.clone(),
            stream: None,
        };
        for _ in 0..HOPS_MAX {
            let Object::Reference(number) = found.object else {
                // What was copied counts as what was read.
                self.budget.step(found.object.weight())?;
                return Ok(found);
            };
            found = self.get(number)?;
        }
        Ok(Found {
            object: Object::Null,
            stream: None,
        })
    }

    /// What stands under a name, wherever it lies.
    pub fn at(&self, dict: &Dict, name: &str) -> Result<Object> {
        match dict.get(name) {
            None => Ok(Object::Null),
            Some(object) => Ok(self.resolved(object)?.object),
        }
    }

    /// The dictionary that stands under a name.
    pub fn dict_at(&self, dict: &Dict, name: &str) -> Result<Dict> {
        Ok(match self.at(dict, name)? {
            Object::Dict(dict) => dict,
            _ => Dict::new(),
        })
    }

    /// What a stream holds; nothing where it is none, or a picture.
    pub fn content(&self, found: &Found<'_>) -> Result<Vec<u8>> {
        let (Some(raw), Some(dict)) = (found.stream, found.object.dict()) else {
            return Ok(Vec::new());
        };
        let mut direct = dict.clone();
        for name in ["Filter", "DecodeParms"] {
            if dict.contains_key(name) {
                let whole = self.at(dict, name)?;
                let whole = match whole {
                    Object::List(list) => {
                        let each = list.iter().map(|one| Ok(self.resolved(one)?.object));
                        Object::List(each.collect::<Result<Vec<Object>>>()?)
                    }
                    other => other,
                };
                direct.insert(name.into(), whole);
            }
        }
        Ok(filters::decoded(raw, &direct, self.budget)?.unwrap_or_default())
    }
}

enum Mark {
    /// The number of an object, and where its text begins.
    Object(u32, usize),
    /// Where a trailer begins.
    Trailer(usize),
}

/// The next beginning of something.
fn next_mark(bytes: &[u8], from: usize) -> Option<Mark> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'o' if bytes[at..].starts_with(b"obj") => {
                if let Some(number) = number_before(bytes, from, at) {
                    return Some(Mark::Object(number, at + 3));
                }
            }
            b't' if bytes[at..].starts_with(b"trailer") => return Some(Mark::Trailer(at + 7)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The number in `12 0 obj`, of which `obj` stands at `at`.
fn number_before(bytes: &[u8], from: usize, at: usize) -> Option<u32> {
    let back = |mut end: usize, is: fn(&u8) -> bool, most: usize| {
        let begun = end;
        while end > from && begun - end < most && is(&bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    let is_blank = |byte: &u8| is_space(*byte);
    let generation = back(at, is_blank, 8);
    let gap = back(generation, u8::is_ascii_digit, 6);
    let number = back(gap, is_blank, 8);
    let start = back(number, u8::is_ascii_digit, 10);
    if gap == generation || number == gap || start == number {
        return None;
    }
    std::str::from_utf8(&bytes[start..number])
        .ok()?
        .parse()
        .ok()
}

pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// Something that is made once for each object, and used again.
pub(crate) struct Once<T> {
    made: RefCell<HashMap<u32, Rc<T>>>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self {
            made: RefCell::default(),
        }
    }
}

impl<T> Once<T> {
    /// What was made of the object of that number, or is made now.
    pub fn get(&self, number: u32, make: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
        if let Some(made) = self.made.borrow().get(&number) {
            return Ok(Rc::clone(made));
        }
        let made = Rc::new(make()?);
        self.made.borrow_mut().insert(number, Rc::clone(&made));
        Ok(made)
    }
}
