use csv::*;

const STAFF: &str = "name,team,pay\nAnn,red,300\nBob,blue,90\n\"Lee, Kim\",red,n/a\nZoe,red,1000\n";

fn names(table: &Table) -> Vec<String> {
    table.rows.iter().map(|row| row[0].clone()).collect()
}

#[test]
fn splits_records() {
    assert_eq!(parse_records("a,b\nc,d").unwrap(), vec![vec!["a", "b"], vec!["c", "d"]]);
    assert_eq!(parse_records("a,,b\r\n,\n").unwrap(), vec![vec!["a", "", "b"], vec!["", ""]]);
    assert_eq!(parse_records("").unwrap(), Vec::<Vec<String>>::new());
    assert_eq!(parse_records("a\n\n\nb\n").unwrap().len(), 2);
}

#[test]
fn reads_quotes() {
    assert_eq!(parse_records("\"a,\nb\",c").unwrap(), vec![vec!["a,\nb", "c"]]);
    assert_eq!(parse_records("\"say \"\"hi\"\"\"").unwrap(), vec![vec!["say \"hi\""]]);
    assert_eq!(parse_records("\"\"").unwrap(), vec![vec![""]]);
}

#[test]
fn reports_broken_quotes() {
    assert_eq!(parse_records("a\n\"b\nc"), Err(CsvError::UnclosedQuote { line: 2 }));
    assert_eq!(parse_records("a\nb,\"c\"d"), Err(CsvError::TextAfterQuote { line: 2 }));
}

#[test]
fn checks_field_counts() {
    let error = CsvError::FieldCount { line: 3, expected: 2, found: 1 };
    assert_eq!(Table::parse("a,b\n1,2\n3\n"), Err(error));
}

#[test]
fn finds_cells() {
    let table = Table::parse(STAFF).unwrap();
    assert_eq!(table.cell(2, "name"), Some("Lee, Kim"));
    assert_eq!(table.cell(9, "name"), None);
    assert_eq!(table.cell(0, "age"), None);
    assert_eq!(table.column("pay"), Some(2));
}

#[test]
fn queries() {
    let mut table = Table::parse(STAFF).unwrap();
    assert_eq!(names(&table.filter("team", "red")), vec!["Ann", "Lee, Kim", "Zoe"]);
    assert_eq!(table.filter("age", "red").rows.len(), 0);
    assert_eq!(table.sum("pay"), 1390);
    assert_eq!(table.sum("age"), 0);
    table.sort_by("pay", false);
    assert_eq!(names(&table), vec!["Bob", "Ann", "Zoe", "Lee, Kim"]);
    table.sort_by("name", true);
    assert_eq!(names(&table), vec!["Zoe", "Lee, Kim", "Bob", "Ann"]);
}

#[test]
fn selects_columns() {
    let table = Table::parse(STAFF).unwrap().select(&["pay", "none", "name"]);
    assert_eq!(table.header, vec!["pay", "name"]);
    assert_eq!(table.rows[1], vec!["90", "Bob"]);
}

#[test]
fn writes() {
    assert_eq!(Table::parse(STAFF).unwrap().to_text(), STAFF);
    let fields = vec!["a\"b".to_string(), "c\nd".to_string(), "e".to_string()];
    assert_eq!(write_record(&fields), "\"a\"\"b\",\"c\nd\",e\n");
}
