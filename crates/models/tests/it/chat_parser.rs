//! What models write, told apart, in whatever pieces it comes.

use models::chat::{Event, Json, Parser, Syntax, Tool, ToolKind};

fn tools() -> Vec<Tool> {
    let schema = r#"{"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}}"#;
    vec![Tool {
        name: "weather".to_owned(),
        description: None,
        kind: ToolKind::Function {
            parameters: Some(Json::parse(schema).expect("JSON")),
            strict: None,
        },
    }]
}

/// The events of `pieces`, each a letter and its text; neighbours of a kind are one.
fn events(syntax: Syntax, prompt: &str, pieces: &[&str]) -> Vec<(char, String)> {
    let tools = tools();
    let mut parser = Parser::new(syntax, prompt, &tools, 0);
    let mut events: Vec<Event> = pieces.iter().flat_map(|piece| parser.push(piece)).collect();
    events.extend(parser.finish());
    let mut lines: Vec<(char, String)> = Vec::new();
    for event in events {
        let (kind, text) = match event {
            Event::Reasoning(text) => ('R', text),
            Event::Text(text) => ('T', text),
            Event::CallBegin { id, name } => ('C', format!("{name} {id}")),
            Event::CallArguments(text) => ('A', text),
            Event::CallEnd => ('E', String::new()),
            Event::CallBroken => ('X', String::new()),
        };
        match lines.last_mut() {
            Some((last, all)) if *last == kind && "RTA".contains(kind) => all.push_str(&text),
            _ => lines.push((kind, text)),
        }
    }
    lines
}

/// The events of `pieces` on one line.
fn read(syntax: Syntax, prompt: &str, pieces: &[&str]) -> String {
    let events = events(syntax, prompt, pieces);
    let lines = events.iter().map(|(kind, text)| format!("{kind}{text:?}"));
    lines.collect::<Vec<_>>().join(" ").replace("\\\"", "'")
}

const CASES: &[(Syntax, &str, &str, &str)] = &[
    (Syntax::Plain, "", "  Just text.\n", r#"T"  Just text.\n""#),
    (
        Syntax::Plain,
        "",
        "<think>\nHm.\n\n</think>\n\nYes. ",
        r#"R"Hm." T"Yes. ""#,
    ),
    (
        Syntax::Plain,
        "…<think>\n",
        "Hm, 1 < 2.</think>Yes",
        r#"R"Hm, 1 < 2." T"Yes""#,
    ),
    (Syntax::Plain, "<think>\n", "cut of", r#"R"cut of""#),
    (Syntax::Plain, "", "a <thin air", r#"T"a <thin air""#),
    (
        Syntax::Tagged,
        "",
        "<think>\nI look.\n</think>\n\nWait.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"place\": \"Z}ü\\\"\", \"l\": [1, {}]}}\n</tool_call>\n<tool_call>\n{\"arguments\": {}, \"name\": \"now\"}\n</tool_call>",
        r#"R"I look." T"Wait." C"weather call00000" A"{'place': 'Z}ü\\'', 'l': [1, {}]}" E"" C"now call00001" A"{}" E"""#,
    ),
    (
        Syntax::Tagged,
        "",
        "<tool_call>\n<function=weather>\n<parameter=place>\n12\n</parameter>\n<parameter=days>\n2\n</parameter>\n<parameter=note>\na\n<b>\n</parameter>\n</function>\n</tool_call>",
        r#"C"weather call00000" A"{'place': '12', 'days': 2, 'note': 'a\\n<b>'}" E"""#,
    ),
    (
        Syntax::Tagged,
        "",
        "<tool_call><function=now></function></tool_call> done",
        r#"C"now call00000" A"{}" E"" T"done""#,
    ),
    (
        Syntax::Tagged,
        "",
        "<tool_call>{\"name\": \"a\", \"arguments\": \"{\\\"b\\\": 1}\"}</tool_call>",
        r#"C"a call00000" A"{'b': 1}" E"""#,
    ),
    (
        Syntax::Tagged,
        "",
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"a\": nope}}\n</tool_call> x",
        r#"C"weather call00000" A"{'a': nope" X"" T"<tool_call>\n{'name': 'weather', 'arguments': {'a': nope}}\n</tool_call> x""#,
    ),
    (Syntax::Tagged, "", "<tool_call> no", r#"T"<tool_call> no""#),
    (
        Syntax::Tagged,
        "",
        "<tool_call>\n{\"name\": \"weather\", \"argu",
        r#"T"<tool_call>\n{'name': 'weather', 'argu""#,
    ),
    (
        Syntax::Llama3,
        "",
        "{\"name\": \"weather\", \"parameters\": {\"place\": \"Ulm\"}}",
        r#"C"weather call00000" A"{'place': 'Ulm'}" E"""#,
    ),
    (
        Syntax::Llama3,
        "",
        "<|python_tag|>{\"type\": \"function\", \"name\": \"x\", \"parameters\": {}}",
        r#"C"x call00000" A"{}" E"""#,
    ),
    (
        Syntax::Llama3,
        "",
        "{\"name\": \"Bob\", \"age\": 3}",
        r#"T"{'name': 'Bob', 'age': 3}""#,
    ),
    (
        Syntax::Llama3,
        "",
        "{\"name\": \"Bob\", \"parameters\": {\"a\": 1}}",
        r#"T"{'name': 'Bob', 'parameters': {'a': 1}}""#,
    ),
    (
        Syntax::Llama3,
        "",
        "Well, {\"a\": 1}",
        r#"T"Well, {'a': 1}""#,
    ),
    (
        Syntax::Mistral,
        "",
        "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"days\": 1}, \"id\": \"abcdefghi\"}, {\"name\": \"now\", \"arguments\": {}}]",
        r#"C"weather call00000" A"{'days': 1}" E"" C"now call00001" A"{}" E"""#,
    ),
    (
        Syntax::Mistral,
        "",
        "Look: [TOOL_CALLS]weather[CALL_ID]abc123def[ARGS]{\"days\": 1}[TOOL_CALLS]now[ARGS]{}",
        r#"T"Look:" C"weather abc123def" A"{'days': 1}" E"" C"now call00001" A"{}" E"""#,
    ),
    (
        Syntax::Phi4,
        "",
        "<|tool_call|>[{\"name\": \"now\", \"arguments\": {}}, {\"name\": broken}]<|/tool_call|>",
        r#"C"now call00000" A"{}" E"" T", {'name': broken}]<|/tool_call|>""#,
    ),
    (
        Syntax::Gemma4,
        "",
        "<|channel>thought\nHm.\n<channel|>Let me see.<|tool_call>call:weather{place:<|\"|>a,b}\n\"<|\"|>,n:{x:[1,-2.5,true],y:null}}<tool_call|>",
        r#"R"Hm." T"Let me see." C"weather call00000" A"{'place': 'a,b}\\n\\'', 'n': {'x': [1, -2.5, true], 'y': null}}" E"""#,
    ),
    (
        Syntax::Gemma4,
        "",
        "<|tool_call>call:now{}<tool_call|><|tool_call>call now<tool_call|>",
        r#"C"now call00000" A"{}" E"" T"<|tool_call>call now<tool_call|>""#,
    ),
    (
        Syntax::Harmony,
        "<|start|>assistant",
        "<|channel|>analysis<|message|>Hm, <b>.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{\"days\": 1}<|call|>",
        r#"R"Hm, <b>." T"I look." C"weather call00000" A"{'days': 1}" E"""#,
    ),
    (
        Syntax::Harmony,
        "",
        "<|channel|>commentary to=functions.now <|constrain|>json<|message|>{}<|call|><|start|>assistant<|channel|>final<|message|>It is 3 < 4.<|return|>",
        r#"C"now call00000" A"{}" E"" T"It is 3 < 4.""#,
    ),
    (
        Syntax::Harmony,
        "",
        "<|channel|>commentary to=functions.now<|message|>{\"a\"<|call|>",
        r#"C"now call00000" A"{'a'" X"" T"{'a'""#,
    ),
    (Syntax::Harmony, "", "No header.", r#"T"No header.""#),
];

#[test]
fn thoughts_text_and_calls_are_told_apart() {
    for (syntax, prompt, text, expected) in CASES {
        assert_eq!(
            read(*syntax, prompt, &[text]),
            *expected,
            "{syntax:?}: {text}"
        );
    }
}

#[test]
fn pieces_make_no_difference() {
    for (syntax, prompt, text, expected) in CASES {
        let borders: Vec<usize> = (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .collect();
        for (first, at) in borders.iter().enumerate() {
            let pieces = [&text[..*at], &text[*at..]];
            assert_eq!(read(*syntax, prompt, &pieces), *expected, "{pieces:?}");
            // Three pieces of long texts are too many to try.
            let thirds = if text.len() < 100 {
                &borders[first..]
            } else {
                &[]
            };
            for second in thirds {
                let pieces = [&text[..*at], &text[*at..*second], &text[*second..]];
                assert_eq!(read(*syntax, prompt, &pieces), *expected, "{pieces:?}");
            }
        }
        let characters: Vec<&str> = borders.windows(2).map(|at| &text[at[0]..at[1]]).collect();
        assert_eq!(read(*syntax, prompt, &characters), *expected);
    }
}

#[test]
fn a_call_that_is_cut_off_comes_back_as_text() {
    for (syntax, prompt, text, _) in CASES {
        for end in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let events = events(*syntax, prompt, &[&text[..end]]);
            let count = |kinds: &str| {
                let of_kind = events.iter().filter(|(kind, _)| kinds.contains(*kind));
                of_kind.count()
            };
            assert_eq!(count("C"), count("EX"), "{events:?}");
            let broken = events.iter().position(|(kind, _)| *kind == 'X');
            assert!(
                broken.is_none_or(|at| events[at + 1].0 == 'T'),
                "{events:?}"
            );
        }
    }
}
