use wrap::*;

#[test]
fn wrapping_keeps_every_letter_and_fills_greedily() {
    let text = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut";
    for width in 1..40 {
        let lines = wrap(text, width);
        assert!(lines.iter().all(|l| !l.is_empty() && l.chars().count() <= width && l.trim() == l));
        let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
        for pair in lines.windows(2) {
            let first = pair[1].split(' ').next().unwrap();
            assert!(pair[0].chars().count() + 1 + first.chars().count() > width || first.chars().count() == width || pair[0].chars().count() == width);
        }
        for line in &lines {
            let wide = justify(line, 50);
            if line.contains(' ') { assert_eq!(wide.len(), 50); }
            assert_eq!(wide.split_whitespace().collect::<Vec<_>>(), line.split(' ').collect::<Vec<_>>());
            for mode in [Align::Left, Align::Right, Align::Center] {
                let padded = align(line, 45, mode);
                assert_eq!(padded.len(), 45);
                assert_eq!(padded.trim(), line);
            }
        }
        assert!(shorten(text, width + 3).chars().count() == width + 3);
    }
    assert_eq!(align("abc", 8, Align::Center), "  abc   ");
    assert_eq!(justify("a b c d", 12), "a   b   c  d");
    assert_eq!(indent("x\n \ny", "  "), "  x\n\n  y\n");
    assert_eq!(dedent("  a\n \n   b"), "a\n\n b");
    assert_eq!(shorten("ééééé", 4), "é...");
    assert_eq!(fill("a b\n\n \n\nc", 1), "a\nb\n\nc");
}
