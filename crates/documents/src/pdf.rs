//! PDF: the words of its pages, in the order in which they were written.
//!
//! The file is read from its beginning to its end, and what is defined twice counts as it was defined last; tables of
//! where objects lie are not believed. That reads damaged files as well as whole ones, and gives hostile ones nothing to
//! lie about. Source: ISO 32000-1, in the clauses that the parts name.

mod cmap;
mod encoding;
mod file;
mod filters;
mod font;
mod lines;
mod object;
mod pages;
mod show;

use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use file::File;
use lines::Lines;
use pages::Pages;
use show::Shower;

/// What is looked at for the mark of a PDF, in bytes.
const HEAD: usize = 1024;

/// The words of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// All of them; pages end with a form feed.
    pub text: String,
    /// How many pages there are.
    pub pages: usize,
    /// Pages of which words could be read.
    pub pages_with_words: usize,
    /// How many words were read.
    pub words: usize,
    /// Letters that stand there, of which the file does not say what they mean.
    pub unreadable: usize,
    /// Whether the text was cut off, or pages left out.
    pub is_cut: bool,
}

/// Reads the words of a PDF.
///
/// # Errors
///
/// When the bytes are no PDF, when it is locked, damaged beyond reading, or would take more than `limits` give.
pub fn pdf(bytes: &[u8], limits: &Limits) -> Result<Text> {
    let head = &bytes[..bytes.len().min(HEAD)];
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return Err(Error::NotPdf);
    }
    let budget = Budget::new(*limits);
    let file = File::read(bytes, &budget)?;
    let pages = Pages::of(&file)?;
    let mut shower = Shower::new(&file);
    let mut text = String::new();
    let (mut with_words, mut letters, mut is_cut) = (0, 0, false);
    for (at, page) in pages.all.iter().enumerate() {
        if at >= limits.pages || letters >= limits.letters {
            is_cut = true;
            break;
        }
        let mut lines = Lines::new(limits.letters - letters);
        shower.page(page, &mut lines)?;
        is_cut |= lines.is_full();
        let page = lines.text();
        letters += page.chars().count();
        with_words += usize::from(!page.is_empty());
        if at > 0 {
            text.push('\u{c}');
        }
        text.push_str(&page);
    }
    if with_words == 0 {
        text.clear();
    }
    Ok(Text {
        words: text.split_whitespace().count(),
        text,
        pages: pages.all.len(),
        pages_with_words: with_words,
        unreadable: shower.unreadable,
        is_cut,
    })
}
