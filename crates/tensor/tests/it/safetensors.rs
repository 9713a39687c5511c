//! Reading `.safetensors`: what is right is found, what is wrong is refused with a reason.

use tensor::files::{Dtype, Safetensors, View};

/// A file of `header` and as many bytes 0, 1, 2… as `length`.
fn file(header: &str, length: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend((0..length).map(|at| at as u8));
    file
}

fn refusal(header: &str, length: usize) -> String {
    let read = Safetensors::of_bytes(file(header, length));
    read.expect_err("a file that is wrong").to_string()
}

const TWO: &str = r#"{"__metadata__":{"format":"pt"},
    "b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]},
    "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#;

#[test]
fn tensors_are_found_by_name_and_listed_as_they_lie() {
    let file = Safetensors::of_bytes(file(TWO, 10)).unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(file.metadata()["format"], "pt");
    let expected = View {
        dtype: Dtype::F32,
        shape: vec![2, 1],
        bytes: &[0, 1, 2, 3, 4, 5, 6, 7],
    };
    assert_eq!(file.view("a").unwrap(), expected);
    assert_eq!(file.view("b").unwrap().bytes, [8, 9]);
    let missing = file.view("c").unwrap_err().to_string();
    assert_eq!(missing, "`<memory>` has no tensor `c`");
}

#[test]
fn a_file_cut_off_anywhere_is_incomplete_by_as_many_bytes() {
    let whole = file(TWO, 10);
    for length in 8 + TWO.len()..whole.len() {
        let error = Safetensors::of_bytes(whole[..length].to_vec()).unwrap_err();
        let missing = format!("{} bytes are missing at its end", whole.len() - length);
        assert!(error.to_string().contains(&missing), "{length}: {error}");
    }
    for length in 0..8 + TWO.len() {
        assert!(Safetensors::of_bytes(whole[..length].to_vec()).is_err());
    }
}

/// A header of tensors of `U8`, each a name, a shape and a range.
fn header(tensors: &[(&str, &str, &str)]) -> String {
    let tensors: Vec<String> = tensors
        .iter()
        .map(|(name, shape, range)| {
            format!(r#"{name:?}:{{"dtype":"U8","shape":[{shape}],"data_offsets":[{range}]}}"#)
        })
        .collect();
    format!("{{{}}}", tensors.join(","))
}

#[test]
fn ranges_that_contradict_anything_are_refused_with_the_reason() {
    let huge = "18446744073709551615,18446744073709551615";
    let cases = [
        (
            vec![("a", "3", "0,2")],
            2,
            "tensor `a` of type `U8` and shape [3] cannot lie at bytes 0 to 2",
        ),
        (vec![("a", "2", "2,0")], 2, "cannot lie at bytes 2 to 0"),
        (vec![("a", "4294967296,4294967296", "0,2")], 2, "cannot lie"),
        (vec![("a", "0", huge)], 0, "cannot lie"),
        (
            vec![("a", "2", "1,3")],
            3,
            "1 bytes before tensor `a` belong to no tensor",
        ),
        (
            vec![("a", "2", "0,2")],
            3,
            "1 bytes at its end belong to no tensor",
        ),
        (
            vec![("a", "2", "0,2"), ("b", "2", "1,3")],
            3,
            "tensors `a` and `b` share bytes",
        ),
        (
            vec![("a", "2", "0,2"), ("a", "2", "2,4")],
            4,
            "two tensors are called `a`",
        ),
        (vec![("a", "-1", "0,2")], 2, "its header cannot be read"),
    ];
    for (tensors, length, reason) in cases {
        let refusal = refusal(&header(&tensors), length);
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
}

#[test]
fn headers_of_another_form_are_refused_with_the_reason() {
    let flat = header(&[("a", &format!("{}1", "1,".repeat(32)), "0,1")]);
    let cases = [
        (&*flat, "more than 32 dimensions"),
        (
            r#"{"__metadata__":{},"__metadata__":{}}"#,
            "stands there twice",
        ),
        (
            r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}"#,
            "unknown field `x`",
        ),
        (
            r#"{"a":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}"#,
            "of type `F4`, which is not read",
        ),
        (&r#"{"a":"#.repeat(10_000), "its header cannot be read"),
        ("[]", "does not begin with `{`"),
    ];
    for (header, reason) in cases {
        let refusal = refusal(header, 1);
        assert!(refusal.contains(reason), "{refusal} lacks {reason}");
    }
    let mut absurd = file(TWO, 10);
    absurd[..8].fill(0xff);
    let refusal = Safetensors::of_bytes(absurd).unwrap_err().to_string();
    assert!(refusal.contains("its header would be 18446744073709551615 bytes long"));
}

#[test]
fn an_empty_tensor_and_a_scalar_are_tensors() {
    let header = r#"{"none":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},
        "one":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#;
    let file = Safetensors::of_bytes(file(header, 1)).unwrap();
    assert!(file.view("none").unwrap().is_empty());
    assert_eq!(file.view("one").unwrap().len(), 1);
}

#[test]
fn a_header_whose_length_looks_like_a_pickle_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for length in [0x0280, 0x0480] {
        let header = format!("{:length$}", header(&[("a", "1", "0,1")]));
        std::fs::write(&path, file(&header, 1)).unwrap();
        let read = Safetensors::open(&path).unwrap();
        assert_eq!(read.names().collect::<Vec<_>>(), ["a"]);
    }
}

#[test]
fn what_is_released_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let header = r#"{"a":{"dtype":"U8","shape":[100000],"data_offsets":[0,100000]}}"#;
    std::fs::write(&path, file(header, 100_000)).unwrap();
    let file = Safetensors::open(&path).unwrap();
    let before = file.view("a").unwrap().bytes.to_vec();
    file.release("a");
    file.release("no such tensor");
    assert_eq!(file.view("a").unwrap().bytes, before);
}

#[test]
fn what_a_file_says_is_quoted_short_and_without_what_a_terminal_obeys() {
    let long = "x".repeat(100_000);
    let headers = [
        format!(r#"{{"a\u001b[2J{long}":{{"dtype":"F4","shape":[0],"data_offsets":[0,0]}}}}"#),
        format!(r#"{{"a":{{"\u001b[2J{long}":1}}}}"#),
        format!(r#"{{"a":"\u001b[2J{long}"}}"#),
    ];
    for header in headers {
        let refusal = refusal(&header, 0);
        assert!(refusal.contains(r"\u{1b}[2J"), "{refusal}");
        assert!(
            refusal.len() < 600 && !refusal.contains('\u{1b}'),
            "{refusal}"
        );
    }
}
