use lexer::*;

fn kinds(source: &str) -> Vec<Kind> {
    tokenize(source).unwrap().into_iter().map(|t| t.kind).collect()
}

fn ident(name: &str) -> Kind {
    Kind::Ident(name.to_string())
}

#[test]
fn reads_words() {
    assert_eq!(kinds("let letter _x1"), vec![Kind::Keyword(Keyword::Let), ident("letter"), ident("_x1")]);
    assert_eq!(kinds("while return"), vec![Kind::Keyword(Keyword::While), Kind::Keyword(Keyword::Return)]);
}

#[test]
fn reads_numbers() {
    assert_eq!(kinds("0 42 1_000"), vec![Kind::Number(0), Kind::Number(42), Kind::Number(1000)]);
    assert_eq!(tokenize("\n99999999999999999999"), Err(LexError::NumberTooLarge(2)));
}

#[test]
fn reads_text() {
    assert_eq!(kinds(r#""a\nb\"c""#), vec![Kind::Text("a\nb\"c".to_string())]);
    assert_eq!(kinds(r#""" "x""#), vec![Kind::Text(String::new()), Kind::Text("x".to_string())]);
    assert_eq!(tokenize("\"open"), Err(LexError::UnterminatedText(1)));
    assert_eq!(tokenize("\n\n\"open\\"), Err(LexError::UnterminatedText(3)));
}

#[test]
fn prefers_long_symbols() {
    assert_eq!(kinds("a<=b"), vec![ident("a"), Kind::Symbol("<="), ident("b")]);
    assert_eq!(kinds("= == ="), vec![Kind::Symbol("="), Kind::Symbol("=="), Kind::Symbol("=")]);
    assert_eq!(kinds("-1;"), vec![Kind::Symbol("-"), Kind::Number(1), Kind::Symbol(";")]);
}

#[test]
fn skips_comments() {
    assert_eq!(kinds("a # b c\nd"), vec![ident("a"), ident("d")]);
    assert_eq!(kinds("a /* x */ b"), vec![ident("a"), ident("b")]);
    assert_eq!(kinds("a /* x /* y */ z */ b"), vec![ident("a"), ident("b")]);
    assert_eq!(kinds("a / b"), vec![ident("a"), Kind::Symbol("/"), ident("b")]);
    assert_eq!(tokenize("\n/* x"), Err(LexError::UnclosedComment(2)));
}

#[test]
fn tracks_positions() {
    let tokens = tokenize("if x\n  y = 1").unwrap();
    let places: Vec<(usize, usize)> = tokens.iter().map(|t| (t.line, t.column)).collect();
    assert_eq!(places, vec![(1, 1), (1, 4), (2, 3), (2, 5), (2, 7)]);
}

#[test]
fn refuses_strange_characters() {
    assert_eq!(tokenize("a\n$"), Err(LexError::UnexpectedChar('$', 2)));
}
