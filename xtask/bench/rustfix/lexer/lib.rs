//! A tokenizer for a small scripting language.

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Ident(String),
    Keyword(Keyword),
    Number(i64),
    Text(String),
    Symbol(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    Let,
    If,
    Else,
    While,
    Return,
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
    pub column: usize,
}

/// What the tokenizer cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LexError {
    UnexpectedChar(char, usize),
    UnterminatedText(usize),
    NumberTooLarge(usize),
    UnclosedComment(usize),
}

const SYMBOLS: [&str; 16] = [
    "==", "!=", "<=", ">=", "&&", "||", "=", "<", ">", "+", "-", "*", "/", "(", ")", ";",
];

struct Lexer {
    chars: Vec<char>,
    pos: usize,
    line: usize,
    column: usize,
}

impl Lexer {
    fn new(source: &str) -> Self {
        Lexer {
            chars: source.chars().collect(),
            pos: 0,
            line: 1,
            column: 1,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.pos).copied()
    }

    fn peek_next(&self) -> Option<char> {
        self.chars.get(self.pos + 1).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += 1;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip_blank(&mut self) -> Result<(), LexError> {
        while let Some(c) = self.peek() {
            if c.is_whitespace() {
                self.bump();
            } else if c == '#' {
                while let Some(c) = self.peek() {
                    if c == '\n' {
                        break;
                    }
                    self.bump();
                }
            } else if c == '/' && self.peek_next() == Some('*') {
                self.skip_comment()?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Block comments nest.
    fn skip_comment(&mut self) -> Result<(), LexError> {
        let start = self.line;
        let mut depth = 0;
        loop {
            match (self.peek(), self.peek_next()) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.bump();
                    self.bump();
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.bump();
                    self.bump();
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => {
                    self.bump();
                }
                (None, _) => return Err(LexError::UnclosedComment(start)),
            }
        }
    }

    fn word(&mut self) -> Kind {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c.is_alphanumeric() || c == '_' {
                text.push(c);
                self.bump();
            } else {
                break;
            }
        }
        match text.as_str() {
            "let" => Kind::Keyword(Keyword::Let),
            "if" => Kind::Keyword(Keyword::If),
            "else" => Kind::Keyword(Keyword::Else),
            "while" => Kind::Keyword(Keyword::While),
            "return" => Kind::Keyword(Keyword::Return),
            _ => Kind::Ident(text),
        }
    }

    fn number(&mut self) -> Result<Kind, LexError> {
        let mut value: i64 = 0;
        while let Some(c) = self.peek() {
            if c == '_' {
                self.bump();
                continue;
            }
            let Some(digit) = c.to_digit(10) else {
                break;
            };
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i64::from(digit)))
                .ok_or(LexError::NumberTooLarge(self.line))?;
            self.bump();
        }
        Ok(Kind::Number(value))
    }

    fn text(&mut self) -> Result<Kind, LexError> {
        let start = self.line;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                Some('"') => return Ok(Kind::Text(text)),
                Some('\\') => match self.bump() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(c) => text.push(c),
                    None => return Err(LexError::UnterminatedText(start)),
                },
                Some(c) => text.push(c),
                None => return Err(LexError::UnterminatedText(start)),
            }
        }
    }

    fn symbol(&mut self) -> Option<Kind> {
        for symbol in SYMBOLS {
            let length = symbol.len();
            let end = (self.pos + length).min(self.chars.len());
            if self.chars[self.pos..end].iter().collect::<String>() == symbol {
                for _ in 0..length {
                    self.bump();
                }
                return Some(Kind::Symbol(symbol));
            }
        }
        None
    }
}

/// Splits `source` into tokens.
pub fn tokenize(source: &str) -> Result<Vec<Token>, LexError> {
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank()?;
        let (line, column) = (lexer.line, lexer.column);
        let Some(c) = lexer.peek() else {
            return Ok(tokens);
        };
        let kind = if c.is_alphabetic() || c == '_' {
            lexer.word()
        } else if c.is_ascii_digit() {
            lexer.number()?
        } else if c == '"' {
            lexer.text()?
        } else {
            lexer.symbol().ok_or(LexError::UnexpectedChar(c, line))?
        };
        tokens.push(Token { kind, line, column });
    }
}
