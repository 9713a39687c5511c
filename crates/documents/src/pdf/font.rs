//! Fonts, as far as they say which letters are meant and how wide they are. Source: ISO 32000-1, 9.6 to 9.10.

use std::collections::HashMap;

use super::cmap::Cmap;
use super::encoding;
use super::file::File;
use super::object::{Dict, Object};
use crate::error::Result;

/// Widths that are noted at most.
const WIDTHS_MAX: usize = 1 << 16;

/// How wide a letter is that nothing is said of, in ems.
const USUAL_WIDTH: f64 = 0.5;

/// A font.
#[derive(Debug)]
pub(crate) struct Font {
    to_unicode: Option<Cmap>,
    coding: Coding,
    widths: HashMap<u32, f64>,
    usual_width: f64,
}

#[derive(Debug)]
enum Coding {
    /// A byte a letter.
    Simple(Vec<Option<Box<str>>>),
    /// Some bytes a glyph, which says nothing of letters.
    Glyphs(usize),
    /// UTF-16.
    Unicode,
}

impl Font {
    pub fn read(file: &File<'_>, dict: &Dict) -> Result<Self> {
        let table = file.resolved(dict.get("ToUnicode").unwrap_or(&Object::Null))?;
        let table = file.content(&table)?;
        let to_unicode = match table.is_empty() {
            true => None,
            false => Some(Cmap::read(&table, file.budget)?),
        };
        let is_composite = file.at(dict, "Subtype")?.name() == Some("Type0");
        let mut font = Self {
            to_unicode,
            coding: Coding::Glyphs(2),
            widths: HashMap::new(),
            usual_width: USUAL_WIDTH,
        };
        if is_composite {
            font.composite(file, dict)?;
        } else {
            font.coding = Coding::Simple(letters(file, dict)?);
            font.simple_widths(file, dict)?;
        }
        Ok(font)
    }

    fn composite(&mut self, file: &File<'_>, dict: &Dict) -> Result<()> {
        let encoding = file.at(dict, "Encoding")?;
        let is_unicode = encoding
            .name()
            .is_some_and(|name| name.contains("UCS2") || name.contains("UTF16"));
        let said = self.to_unicode.as_ref().and_then(|table| table.code_bytes);
        self.coding = match encoding.name() {
            _ if is_unicode => Coding::Unicode,
            Some(name) if name.starts_with("Identity") => Coding::Glyphs(2),
            _ => Coding::Glyphs(said.unwrap_or(2)),
        };
        let below = file.at(dict, "DescendantFonts")?;
        let first = below.list().first().cloned().unwrap_or_default();
        let Object::Dict(below) = file.resolved(&first)?.object else {
            return Ok(());
        };
        self.usual_width = file.at(&below, "DW")?.number().unwrap_or(1000.0) / 1000.0;
        let mut list = Vec::new();
        for object in file.at(&below, "W")?.list() {
            list.push(file.resolved(object)?.object);
        }
        let mut at = 0;
        while let Some(from) = list.get(at).and_then(Object::count) {
            match (list.get(at + 1), list.get(at + 2)) {
                (Some(Object::List(widths)), _) => {
                    for (char_code, width) in (from as u32..).zip(widths) {
                        self.put_width(char_code, width);
                    }
                    at += 2;
                }
                (Some(to), Some(width)) => {
                    let to = to.count().unwrap_or(from).min(from + WIDTHS_MAX);
                    for char_code in from as u32..=to as u32 {
                        if !self.put_width(char_code, width) {
                            break;
                        }
                        file.budget.step(1)?;
                    }
                    at += 3;
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn put_width(&mut self, char_code: u32, width: &Object) -> bool {
        let has_room = self.widths.len() < WIDTHS_MAX;
        if let Some(width) = width.number().filter(|_| has_room) {
            self.widths.insert(char_code, width / 1000.0);
        }
        has_room
    }

    fn simple_widths(&mut self, file: &File<'_>, dict: &Dict) -> Result<()> {
        let scale = match file.at(dict, "FontMatrix")?.list() {
            [first, ..] => first.number().unwrap_or(0.001).abs() * 1000.0,
            [] => 1.0,
        };
        let first = file.at(dict, "FirstChar")?.count().unwrap_or(0) as u32;
        for (char_code, width) in (first..256).zip(file.at(dict, "Widths")?.list()) {
            if let Some(width) = file.resolved(width)?.object.number() {
                self.widths.insert(char_code, width / 1000.0 * scale);
            }
        }
        Ok(())
    }

    /// The codes in what is shown, each with whether it is a single byte that says space.
    pub fn codes<'s>(&self, shown: &'s [u8]) -> impl Iterator<Item = (u32, bool)> + use<'s> {
        let bytes = match self.coding {
            Coding::Simple(_) => 1,
            Coding::Glyphs(bytes) => bytes,
            Coding::Unicode => 2,
        };
        let codes = shown.chunks(bytes);
        codes.map(move |char_code| {
            let number = char_code
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            (number, bytes == 1 && number == 32)
        })
    }

    /// How wide the glyph of a code is, in ems.
    pub fn width(&self, char_code: u32) -> f64 {
        self.widths
            .get(&char_code)
            .copied()
            .unwrap_or(self.usual_width)
    }

    /// The letters of a code; whether it is known.
    pub fn letters(&self, char_code: u32, out: &mut String) -> bool {
        if let Some(table) = &self.to_unicode
            && table.get(char_code, out)
        {
            return true;
        }
        match &self.coding {
            Coding::Simple(letters) => {
                match letters.get(char_code as usize).and_then(Option::as_deref) {
                    Some(text) => {
                        out.push_str(text);
                        true
                    }
                    None => false,
                }
            }
            Coding::Unicode => char::from_u32(char_code)
                .map(|letter| out.push(letter))
                .is_some(),
            Coding::Glyphs(_) => false,
        }
    }
}

/// What the codes of a simple font mean.
fn letters(file: &File<'_>, dict: &Dict) -> Result<Vec<Option<Box<str>>>> {
    let encoding = file.at(dict, "Encoding")?;
    let is_true_type = file.at(dict, "Subtype")?.name() == Some("TrueType");
    let usual = if is_true_type {
        "WinAnsiEncoding"
    } else {
        "StandardEncoding"
    };
    let (base, differences) = match &encoding {
        Object::Name(name) => (name.to_string(), Object::Null),
        Object::Dict(own) => {
            let base = file.at(own, "BaseEncoding")?;
            let base = base.name().unwrap_or(usual).to_owned();
            (base, file.at(own, "Differences")?)
        }
        _ => (usual.to_owned(), Object::Null),
    };
    let letter =
        |char_code| encoding::letter(&base, char_code).map(|letter| letter.to_string().into());
    let mut letters: Vec<Option<Box<str>>> = (0..=255).map(letter).collect();
    let mut char_code = 0;
    for object in differences.list() {
        match object {
            Object::Name(name) => {
                if let Some(place) = letters.get_mut(char_code) {
                    *place = encoding::named(name).map(Into::into);
                }
                char_code += 1;
            }
            other => char_code = other.count().unwrap_or(char_code),
        }
    }
    Ok(letters)
}
