use lexer::*;

#[test]
fn a_program() {
    let source = "# head\nlet total_2 = 10 /* a /* b */ */ + 2;\nwhile total_2 >= 1_0 && !=\n  return \"t\\tq\\\\\"";
    let tokens = tokenize(source).unwrap();
    let shown: Vec<String> = tokens
        .iter()
        .map(|t| format!("{}:{} {:?}", t.line, t.column, t.kind))
        .collect();
    assert_eq!(
        shown,
        [
            "2:1 Keyword(Let)", "2:5 Ident(\"total_2\")", "2:13 Symbol(\"=\")", "2:15 Number(10)",
            "2:34 Symbol(\"+\")", "2:36 Number(2)", "2:37 Symbol(\";\")", "3:1 Keyword(While)",
            "3:7 Ident(\"total_2\")", "3:15 Symbol(\">=\")", "3:18 Number(10)", "3:22 Symbol(\"&&\")",
            "3:25 Symbol(\"!=\")", "4:3 Keyword(Return)", "4:10 Text(\"t\\tq\\\\\")",
        ]
    );
    assert_eq!(tokenize(""), Ok(vec![]));
    assert_eq!(tokenize("  # only"), Ok(vec![]));
    assert_eq!(tokenize("9223372036854775807").unwrap().len(), 1);
    assert_eq!(tokenize("9223372036854775808"), Err(LexError::NumberTooLarge(1)));
    assert_eq!(tokenize("/* /* */"), Err(LexError::UnclosedComment(1)));
    assert_eq!(tokenize("a_b if1 else").unwrap().len(), 3);
    assert_eq!(tokenize("&"), Err(LexError::UnexpectedChar('&', 1)));
    assert_eq!(tokenize("/**/x").unwrap().len(), 1);
}
