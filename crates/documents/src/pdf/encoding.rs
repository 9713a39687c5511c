//! What the codes of simple fonts mean. Source: ISO 32000-1, annex D, and the Adobe Glyph List.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The letters of a code in one of the encodings that have a name; `None` where there is none.
pub(crate) fn letter(encoding: &str, char_code: u8) -> Option<char> {
    match encoding {
        "WinAnsiEncoding" => win_ansi(char_code),
        "MacRomanEncoding" => mac_roman(char_code),
        _ => standard(char_code),
    }
}

fn win_ansi(char_code: u8) -> Option<char> {
    const MIDDLE: &str = "€•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ";
    match char_code {
        0x20..=0x7e | 0xa0..=0xff => Some(char::from(char_code)),
        0x7f => Some('•'),
        0x80..=0x9f => MIDDLE.chars().nth(usize::from(char_code - 0x80)),
        _ => None,
    }
}

fn mac_roman(char_code: u8) -> Option<char> {
    const UPPER: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
        ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
    match char_code {
        0x20..=0x7e => Some(char::from(char_code)),
        0x80..=0xff => UPPER.chars().nth(usize::from(char_code - 0x80)),
        _ => None,
    }
}

fn standard(char_code: u8) -> Option<char> {
    // From 0xa1; a space where there is no letter.
    const UPPER: &str = "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ –†‡· ¶•‚„”»…‰ ¿ `´ˆ˜¯˘˙¨ ˚¸ ˝˛ˇ—                Æ ª    ŁØŒº     æ   ı  łøœß";
    match char_code {
        0x27 => Some('’'),
        0x60 => Some('‘'),
        0x20..=0x7e => Some(char::from(char_code)),
        0xa1.. => UPPER
            .chars()
            .nth(usize::from(char_code - 0xa1))
            .filter(|letter| *letter != ' '),
        _ => None,
    }
}

/// Names of glyphs, each with what it means; `␣` is a space.
const NAMES: &str = "\
    AE Æ Aacute Á Abreve Ă Acircumflex Â Adieresis Ä Agrave À Alpha Α Amacron Ā Aogonek Ą Aring Å Atilde Ã Beta Β \
    Cacute Ć Ccaron Č Ccedilla Ç Ccircumflex Ĉ Cdotaccent Ċ Chi Χ Dcaron Ď Dcroat Đ Delta Δ Eacute É Ebreve Ĕ \
    Ecaron Ě Ecircumflex Ê Edieresis Ë Edotaccent Ė Egrave È Emacron Ē Eogonek Ę Epsilon Ε Eta Η Eth Ð Euro € \
    Gamma Γ Gbreve Ğ Gcedilla Ģ Gcircumflex Ĝ Gcommaaccent Ģ Gdotaccent Ġ Hcircumflex Ĥ Iacute Í Ibreve Ĭ \
    Icircumflex Î Idieresis Ï Idotaccent İ Igrave Ì Imacron Ī Iogonek Į Iota Ι Itilde Ĩ Jcircumflex Ĵ Kappa Κ \
    Kcedilla Ķ Kcommaaccent Ķ Lacute Ĺ Lambda Λ Lcaron Ľ Lcedilla Ļ Lcommaaccent Ļ Lslash Ł Mu Μ Nacute Ń Ncaron Ň \
    Ncedilla Ņ Ncommaaccent Ņ Ntilde Ñ Nu Ν OE Œ Oacute Ó Obreve Ŏ Ocircumflex Ô Odieresis Ö Ograve Ò \
    Ohungarumlaut Ő Omacron Ō Omega Ω Omicron Ο Oslash Ø Otilde Õ Phi Φ Pi Π Psi Ψ Racute Ŕ Rcaron Ř Rcedilla Ŗ \
    Rcommaaccent Ŗ Rho Ρ Sacute Ś Scaron Š Scedilla Ş Scircumflex Ŝ Scommaaccent Ș Sigma Σ Tau Τ Tcaron Ť \
    Tcedilla Ţ Tcommaaccent Ț Theta Θ Thorn Þ Uacute Ú Ubreve Ŭ Ucircumflex Û Udieresis Ü Ugrave Ù Uhungarumlaut Ű \
    Umacron Ū Uogonek Ų Upsilon Υ Uring Ů Utilde Ũ Wcircumflex Ŵ Xi Ξ Yacute Ý Ycircumflex Ŷ Ydieresis Ÿ Zacute Ź \
    Zcaron Ž Zdotaccent Ż Zeta Ζ aacute á abreve ă acircumflex â acute ´ adieresis ä ae æ agrave à alpha α \
    amacron ā ampersand & aogonek ą approxequal ≈ aring å arrowdblright ⇒ arrowleft ← arrowright → asciicircum ^ \
    asciitilde ~ asterisk * asteriskmath ∗ at @ atilde ã backslash \\ bar | beta β braceleft { braceright } \
    bracketleft [ bracketright ] breve ˘ brokenbar ¦ bullet • cacute ć caron ˇ ccaron č ccedilla ç ccircumflex ĉ \
    cdotaccent ċ cedilla ¸ cent ¢ chi χ circumflex ˆ colon : comma , copyright © currency ¤ dagger † daggerdbl ‡ \
    dcaron ď dcroat đ degree ° delta δ dieresis ¨ divide ÷ dollar $ dotaccent ˙ dotlessi ı dotlessj ȷ eacute é \
    ebreve ĕ ecaron ě ecircumflex ê edieresis ë edotaccent ė egrave è eight 8 element ∈ ellipsis … emacron ē \
    emdash — endash – eogonek ę epsilon ε equal = eta η eth ð exclam ! exclamdown ¡ ff ff ffi ffi ffl ffl fi fi \
    five 5 fl fl florin ƒ four 4 fraction ⁄ gamma γ gbreve ğ gcedilla ģ gcircumflex ĝ gcommaaccent ģ gdotaccent ġ \
    germandbls ß grave ` greater > greaterequal ≥ guillemotleft « guillemotright » guilsinglleft ‹ \
    guilsinglright › hcircumflex ĥ hungarumlaut ˝ hyphen - iacute í ibreve ĭ icircumflex î idieresis ï igrave ì \
    imacron ī infinity ∞ integral ∫ iogonek į iota ι itilde ĩ jcircumflex ĵ kappa κ kcedilla ķ kcommaaccent ķ \
    lacute ĺ lambda λ lcaron ľ lcedilla ļ lcommaaccent ļ less < lessequal ≤ logicalnot ¬ lozenge ◊ lslash ł \
    macron ¯ minus − mu µ multiply × nacute ń nbspace ␣ ncaron ň ncedilla ņ ncommaaccent ņ nine 9 notequal ≠ \
    ntilde ñ nu ν numbersign # oacute ó obreve ŏ ocircumflex ô odieresis ö oe œ ogonek ˛ ograve ò ohungarumlaut ő \
    omacron ō omega ω omicron ο one 1 onehalf ½ onequarter ¼ ordfeminine ª ordmasculine º oslash ø otilde õ \
    paragraph ¶ parenleft ( parenright ) partialdiff ∂ percent % period . periodcentered · perthousand ‰ phi φ \
    pi π plus + plusminus ± prime ′ product ∏ psi ψ question ? questiondown ¿ quotedbl \" quotedblbase „ \
    quotedblleft “ quotedblright ” quoteleft ‘ quoteright ’ quotesinglbase ‚ quotesingle ' racute ŕ radical √ \
    rcaron ř rcedilla ŗ rcommaaccent ŗ registered ® rho ρ ring ˚ sacute ś scaron š scedilla ş scircumflex ŝ \
    scommaaccent ș section § semicolon ; seven 7 sfthyphen - sigma σ sigma1 ς similar ∼ six 6 slash / space ␣ \
    sterling £ summation ∑ tau τ tcaron ť tcedilla ţ tcommaaccent ț theta θ thorn þ three 3 threequarters ¾ \
    tilde ˜ trademark ™ two 2 uacute ú ubreve ŭ ucircumflex û udieresis ü ugrave ù uhungarumlaut ű umacron ū \
    underscore _ uogonek ų upsilon υ uring ů utilde ũ visiblespace ␣ wcircumflex ŵ xi ξ yacute ý ycircumflex ŷ \
    ydieresis ÿ yen ¥ zacute ź zcaron ž zdotaccent ż zero 0 zeta ζ";

static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let words: Vec<&str> = NAMES.split(' ').collect();
    let pairs = words.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    pairs
        .map(|(name, text)| (name, if text == "␣" { " " } else { text }))
        .collect()
});

/// What the glyph of a name means.
pub(crate) fn named(name: &str) -> Option<String> {
    let base = name.split('.').next().filter(|base| !base.is_empty())?;
    let parts = base.split('_').map(one);
    parts.collect()
}

fn one(name: &str) -> Option<String> {
    if let Some(text) = BY_NAME.get(name) {
        return Some((*text).to_owned());
    }
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter.is_ascii_alphabetic().then(|| letter.to_string());
    }
    let hex = name
        .strip_prefix("uni")
        .or_else(|| name.strip_prefix('u'))?;
    let is_hex = (4..=6).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let char_code = is_hex
        .then(|| u32::from_str_radix(hex, 16).ok())
        .flatten()?;
    char::from_u32(char_code).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_mean_what_the_tables_say() {
        assert_eq!(letter("WinAnsiEncoding", 0x80), Some('€'));
        assert_eq!(letter("WinAnsiEncoding", 0x9f), Some('Ÿ'));
        assert_eq!(letter("MacRomanEncoding", 0x8a), Some('ä'));
        assert_eq!(letter("MacRomanEncoding", 0xff), Some('ˇ'));
        assert_eq!(letter("MacRomanEncoding", 0xd8), Some('ÿ'));
        assert_eq!(letter("StandardEncoding", 0xd0), Some('—'));
        assert_eq!(letter("StandardEncoding", 0xe1), Some('Æ'));
        assert_eq!(letter("StandardEncoding", 0xfb), Some('ß'));
        assert_eq!(letter("StandardEncoding", 0xff), None);
        let means = |name| named(name).unwrap_or_default();
        assert_eq!(
            (means("adieresis"), means("ffi"), means("f_f_i")),
            ("ä".to_owned(), "ffi".to_owned(), "ffi".to_owned())
        );
        assert_eq!(
            (means("uni20AC"), means("space"), means("a.sc")),
            ("€".to_owned(), " ".to_owned(), "a".to_owned())
        );
        assert_eq!(named("g123"), None);
    }
}
