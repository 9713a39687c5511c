//! What a page shows: its operators, as far as they place text. Source: ISO 32000-1, 8.4, 9.3, 9.4 and annex A.

use std::rc::Rc;

use super::file::{File, Once};
use super::font::Font;
use super::lines::{Lines, Piece};
use super::object::{Dict, Lexer, Object};
use super::pages::Page;
use crate::error::Result;

/// Forms within forms.
const FORMS_MAX: usize = 10;

/// States that are put aside.
const STATES_MAX: usize = 128;

/// Values before an operator.
const VALUES_MAX: usize = 1 << 16;

/// `[a b c d e f]`, as the specification writes it.
type Matrix = [f64; 6];

const UNIT: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `one`, and then `other`.
fn times(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [p, q, r, s, t, u] = other;
    [
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    ]
}

/// Reads what pages show.
pub(crate) struct Shower<'a> {
    file: &'a File<'a>,
    fonts: Once<Font>,
    /// Letters of which is not said what they mean.
    pub unreadable: usize,
}

/// How text is shown.
#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_gap: f64,
    word_gap: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            page: UNIT,
            font: None,
            size: 1.0,
            letter_gap: 0.0,
            word_gap: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// One run over some operators.
struct Run<'r> {
    fonts: Dict,
    forms: Dict,
    resources: &'r Object,
    state: State,
    aside: Vec<State>,
    text: Matrix,
    line: Matrix,
    depth: usize,
}

impl<'a> Shower<'a> {
    pub fn new(file: &'a File<'a>) -> Self {
        Self {
            file,
            fonts: Once::default(),
            unreadable: 0,
        }
    }

    /// Puts what a page says into `lines`.
    pub fn page(&mut self, page: &Page, lines: &mut Lines) -> Result<()> {
        let contents = self.file.resolved(&page.contents)?;
        let mut bytes = self.file.content(&contents)?;
        for part in contents.object.list() {
            let part = self.file.resolved(part)?;
            let more = self.file.content(&part)?;
            self.file.budget.step(more.len())?;
            bytes.extend(more);
            bytes.push(b'\n');
        }
        self.run(&bytes, &page.resources, State::default(), 0, lines)
    }

    fn run(
        &mut self,
        bytes: &[u8],
        resources: &Object,
        state: State,
        depth: usize,
        lines: &mut Lines,
    ) -> Result<()> {
        let known = self.file.resolved(resources)?.object;
        let known = known.dict().cloned().unwrap_or_default();
        let mut run = Run {
            fonts: self.file.dict_at(&known, "Font")?,
            forms: self.file.dict_at(&known, "XObject")?,
            resources,
            state,
            aside: Vec::new(),
            text: UNIT,
            line: UNIT,
            depth,
        };
        let mut lexer = Lexer::new(bytes, 0, self.file.budget);
        let mut values: Vec<Object> = Vec::new();
        while let Some(object) = lexer.next()? {
            let Object::Word(word) = &object else {
                if values.len() < VALUES_MAX {
                    values.push(object);
                }
                continue;
            };
            if &**word == "BI" {
                skip_picture(bytes, &mut lexer)?;
            } else if lines.is_full() {
                return Ok(());
            } else {
                self.act(&mut run, word, &values, lines)?;
            }
            values.clear();
        }
        Ok(())
    }

    fn act(
        &mut self,
        run: &mut Run<'_>,
        word: &str,
        values: &[Object],
        lines: &mut Lines,
    ) -> Result<()> {
        let number = |at: usize| values.get(at).and_then(Object::number).unwrap_or(0.0);
        match word {
            "q" if run.aside.len() < STATES_MAX => run.aside.push(run.state.clone()),
            "Q" => run.state = run.aside.pop().unwrap_or_else(|| run.state.clone()),
            "cm" => run.state.page = times(matrix(values), run.state.page),
            "BT" => (run.text, run.line) = (UNIT, UNIT),
            "Tf" => {
                run.state.size = number(1);
                let name = values.first().and_then(Object::name).unwrap_or_default();
                run.state.font = self.font(run.fonts.get(name))?;
            }
            "Tc" => run.state.letter_gap = number(0),
            "Tw" => run.state.word_gap = number(0),
            "Tz" => run.state.stretch = number(0) / 100.0,
            "TL" => run.state.leading = number(0),
            "Ts" => run.state.rise = number(0),
            "Td" => run.step(number(0), number(1)),
            "TD" => {
                run.state.leading = -number(1);
                run.step(number(0), number(1));
            }
            "Tm" => (run.line, run.text) = (matrix(values), matrix(values)),
            "T*" => run.step(0.0, -run.state.leading),
            "Tj" => self.show(run, values, lines)?,
            "TJ" => self.show(run, values.first().map_or(&[], Object::list), lines)?,
            "'" => {
                run.step(0.0, -run.state.leading);
                self.show(run, values, lines)?;
            }
            "\"" => {
                (run.state.word_gap, run.state.letter_gap) = (number(0), number(1));
                run.step(0.0, -run.state.leading);
                self.show(run, values.get(2..).unwrap_or_default(), lines)?;
            }
            "Do" => {
                let name = values.first().and_then(Object::name).unwrap_or_default();
                self.form(run, name, lines)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn font(&self, object: Option<&Object>) -> Result<Option<Rc<Font>>> {
        let make = |object: &Object| {
            let found = self.file.resolved(object)?.object;
            let empty = Dict::new();
            Font::read(self.file, found.dict().unwrap_or(&empty))
        };
        Ok(match object {
            None => None,
            Some(Object::Reference(number)) => {
                let object = Object::Reference(*number);
                Some(self.fonts.get(*number, || make(&object))?)
            }
            Some(direct) => Some(Rc::new(make(direct)?)),
        })
    }

    /// Shows a form: operators that are kept apart.
    fn form(&mut self, run: &Run<'_>, name: &str, lines: &mut Lines) -> Result<()> {
        let Some(object) = run.forms.get(name).filter(|_| run.depth < FORMS_MAX) else {
            return Ok(());
        };
        let found = self.file.resolved(object)?;
        let Some(dict) = found.object.dict() else {
            return Ok(());
        };
        if self.file.at(dict, "Subtype")?.name() != Some("Form") {
            return Ok(());
        }
        let bytes = self.file.content(&found)?;
        let own = self.file.at(dict, "Matrix")?;
        let mut state = run.state.clone();
        if own.list().len() == 6 {
            state.page = times(matrix(own.list()), state.page);
        }
        let resources = dict.get("Resources").unwrap_or(run.resources);
        self.run(&bytes, resources, state, run.depth + 1, lines)
    }

    /// Shows text, with steps between its parts in thousandths.
    fn show(&mut self, run: &mut Run<'_>, parts: &[Object], lines: &mut Lines) -> Result<()> {
        let Some(font) = run.state.font.clone() else {
            return Ok(());
        };
        let state = run.state.clone();
        for part in parts {
            let Object::Bytes(shown) = part else {
                let back = part.number().unwrap_or(0.0) / 1000.0;
                run.forward(-back * state.size * state.stretch);
                continue;
            };
            self.file.budget.step(shown.len() * 4)?;
            let (mut text, mut wide) = (String::new(), 0.0);
            for (char_code, is_space) in font.codes(shown) {
                if !font.letters(char_code, &mut text) {
                    self.unreadable += 1;
                }
                let gap = if is_space { state.word_gap } else { 0.0 };
                wide += font.width(char_code) * state.size + state.letter_gap + gap;
            }
            let from = run.place();
            run.forward(wide * state.stretch);
            if text.is_empty() {
                continue;
            }
            lines.put(&Piece {
                text: &text,
                from,
                to: run.place(),
                along: run.along(),
                size: run.size(),
            });
        }
        Ok(())
    }
}

impl Run<'_> {
    /// Goes to another line.
    fn step(&mut self, x: f64, y: f64) {
        self.line = times([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    /// Goes on in the line.
    fn forward(&mut self, x: f64) {
        self.text = times([1.0, 0.0, 0.0, 1.0, x, 0.0], self.text);
    }

    fn whole(&self) -> Matrix {
        times(self.text, self.state.page)
    }

    /// Where the next letter stands.
    fn place(&self) -> (f64, f64) {
        let [_, _, c, d, e, f] = self.whole();
        (e + c * self.state.rise, f + d * self.state.rise)
    }

    fn along(&self) -> (f64, f64) {
        let [a, b, ..] = self.whole();
        let sign = self.state.size.signum() * self.state.stretch.signum();
        let length = a.hypot(b);
        match length.is_normal() {
            true => (a / length * sign, b / length * sign),
            false => (1.0, 0.0),
        }
    }

    /// How high letters are on the page.
    fn size(&self) -> f64 {
        let [_, _, c, d, ..] = self.whole();
        c.hypot(d) * self.state.size.abs()
    }
}

fn matrix(values: &[Object]) -> Matrix {
    let number = |at: usize| values.get(at).and_then(Object::number).unwrap_or(UNIT[at]);
    std::array::from_fn(number)
}

/// Passes over a picture that stands among the operators.
fn skip_picture(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<()> {
    while let Some(object) = lexer.next()? {
        if object.is_word("ID") {
            break;
        }
    }
    let is_space = |at: usize| {
        bytes
            .get(at)
            .is_none_or(|byte| super::object::is_space(*byte))
    };
    let from = lexer.at.min(bytes.len());
    let ends = |at: &usize| {
        bytes[*at..].starts_with(b"EI") && is_space(at.wrapping_sub(1)) && is_space(at + 2)
    };
    lexer.at = (from..bytes.len())
        .find(ends)
        .map_or(bytes.len(), |at| at + 2);
    Ok(())
}
