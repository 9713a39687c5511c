use csv::*;

#[test]
fn what_is_written_can_be_read() {
    let mut state = 13u32;
    let mut next = |n: u32| { state = state.wrapping_mul(1664525).wrapping_add(1013904223); ((state >> 11) % n) as usize };
    let pieces = ["a", "\"", ",", "\n", " ", "42", "-7", "\"\"", "x,y"];
    for _ in 0..300 {
        let width = next(4) + 2;
        let rows: Vec<Vec<String>> = (0..next(5) + 1)
            .map(|_| (0..width).map(|_| (0..next(4)).map(|_| pieces[next(9)]).collect()).collect())
            .collect();
        let mut header: Vec<String> = (0..width).map(|i| format!("c{i}")).collect();
        header[0] = "n".into();
        let table = Table { header, rows };
        let text = table.to_text();
        assert_eq!(Table::parse(&text).as_ref(), Ok(&table));
        assert_eq!(Table::parse(text.trim_end_matches('\n')).map(|t| t.rows.len()), Ok(table.rows.len()));
        let mut sorted = table.clone();
        sorted.sort_by("zz", true);
        assert_eq!(sorted, table);
        let only = table.select(&["c1", "n"]);
        assert!(only.rows.iter().zip(&table.rows).all(|(a, b)| a[..] == [b[1].clone(), b[0].clone()]));
        let value = &table.rows[0][1];
        assert!(table.filter("c1", value).rows.iter().all(|r| r[1] == *value));
        assert_eq!(table.filter("c1", value).rows.len(), table.rows.iter().filter(|r| r[1] == *value).count());
    }
}

#[test]
fn details() {
    let mut t = Table::parse("k,v\r\na, 5\r\nb,-3\r\nc,x\r\nd,12\r\n").unwrap();
    assert_eq!(t.sum("v"), 14);
    t.sort_by("v", true);
    assert_eq!(t.cell(0, "k"), Some("c"));
    t.sort_by("k", false);
    assert_eq!(t.cell(3, "v"), Some("12"));
    assert_eq!(parse_records("\"a\nb\"\n\"c"), Err(CsvError::UnclosedQuote { line: 3 }));
    assert_eq!(parse_records("\"a\n\"x"), Err(CsvError::TextAfterQuote { line: 2 }));
    assert_eq!(parse_records("a\"b").unwrap(), vec![vec!["a\"b"]]);
    assert_eq!(parse_records("a,").unwrap(), vec![vec!["a", ""]]);
    assert_eq!(Table::parse("a\n1\n2,3"), Err(CsvError::FieldCount { line: 3, expected: 1, found: 2 }));
    assert_eq!(Table::parse(""), Ok(Table::default()));
}
