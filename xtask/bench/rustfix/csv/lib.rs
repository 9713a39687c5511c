//! Reading, writing and querying comma-separated values.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvError {
    UnclosedQuote { line: usize },
    TextAfterQuote { line: usize },
    FieldCount { line: usize, expected: usize, found: usize },
}

/// A header and rows of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Start,
    Bare,
    Quoted,
    Closed,
}

/// Splits `text` into records of fields. Fields in quotes may hold anything.
pub fn parse_records(text: &str) -> Result<Vec<Vec<String>>, CsvError> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut mode = Mode::Start;
    let mut line = 1;
    let mut opened = 1;
    for c in text.chars() {
        match (mode, c) {
            (Mode::Quoted, '"') => mode = Mode::Closed,
            (Mode::Quoted, _) => field.push(c),
            (Mode::Closed, '"') => {
                field.push('"');
                mode = Mode::Quoted;
            }
            (_, ',') => {
                record.push(std::mem::take(&mut field));
                mode = Mode::Start;
            }
            (_, '\n') => {
                if mode != Mode::Start || !record.is_empty() {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                }
                mode = Mode::Start;
            }
            (_, '\r') => {}
            (Mode::Closed, _) => return Err(CsvError::TextAfterQuote { line }),
            (Mode::Start, '"') => {
                mode = Mode::Quoted;
                opened = line;
            }
            _ => {
                field.push(c);
                mode = Mode::Bare;
            }
        }
        if c == '\n' {
            line += 1;
        }
    }
    if mode == Mode::Quoted {
        return Err(CsvError::UnclosedQuote { line: opened });
    }
    if mode != Mode::Start || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    Ok(records)
}

impl Table {
    /// Reads a table whose first record is the header.
    pub fn parse(text: &str) -> Result<Table, CsvError> {
        let mut records = parse_records(text)?.into_iter();
        let header = records.next().unwrap_or_default();
        let mut rows = Vec::new();
        for (index, row) in records.enumerate() {
            if row.len() != header.len() {
                return Err(CsvError::FieldCount {
                    line: index + 2,
                    expected: header.len(),
                    found: row.len(),
                });
            }
            rows.push(row);
        }
        Ok(Table { header, rows })
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|title| title == name)
    }

    pub fn cell(&self, row: usize, name: &str) -> Option<&str> {
        let column = self.column(name)?;
        let row = self.rows.get(row)?;
        Some(row[column].as_str())
    }

    /// The rows whose column `name` equals `value`.
    pub fn filter(&self, name: &str, value: &str) -> Table {
        let mut out = Table {
            header: self.header.clone(),
            rows: Vec::new(),
        };
        if let Some(column) = self.column(name) {
            for row in &self.rows {
                if row[column] == value {
                    out.rows.push(row.clone());
                }
            }
        }
        out
    }

    /// The sum of the numbers in a column; what is not a number counts as nothing.
    pub fn sum(&self, name: &str) -> i64 {
        let Some(column) = self.column(name) else {
            return 0;
        };
        let mut total = 0;
        for row in &self.rows {
            if let Ok(number) = row[column].trim().parse::<i64>() {
                total += number;
            }
        }
        total
    }

    /// Sorts by a column, as numbers when both cells are numbers.
    pub fn sort_by(&mut self, name: &str, descending: bool) {
        let Some(column) = self.column(name) else {
            return;
        };
        self.rows.sort_by(|a, b| {
            let order = match (a[column].parse::<i64>(), b[column].parse::<i64>()) {
                (Ok(x), Ok(y)) => x.cmp(&y),
                _ => a[column].cmp(&b[column]),
            };
            if descending { order.reverse() } else { order }
        });
    }

    /// Keeps only the named columns, in the order given.
    pub fn select(&self, names: &[&str]) -> Table {
        let columns: Vec<usize> = names.iter().filter_map(|name| self.column(name)).collect();
        let pick = |row: &Vec<String>| -> Vec<String> {
            columns.iter().map(|&column| row[column].clone()).collect()
        };
        Table {
            header: pick(&self.header),
            rows: self.rows.iter().map(pick).collect(),
        }
    }

    pub fn to_text(&self) -> String {
        let mut out = write_record(&self.header);
        for row in &self.rows {
            out.push_str(&write_record(row));
        }
        out
    }
}

/// Writes one record with a line end; fields are quoted where needed.
pub fn write_record(fields: &[String]) -> String {
    let mut out = String::new();
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if field.contains(',') || field.contains('"') || field.contains('\n') {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
    out
}
