//! How many parts a text is sent in, as carriers count them.

/// The characters of the GSM alphabet that take one septet, without the letters and digits.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Those that take two.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// `GSM-7` or `UCS-2`.
    pub encoding: &'static str,
    pub count: usize,
}

pub fn segments(text: &str) -> Segments {
    let septets: Option<usize> = text.chars().map(septets).sum();
    match septets {
        Some(units) => Segments { encoding: "GSM-7", count: parts(units, 160, 153) },
        None => Segments { encoding: "UCS-2", count: parts(text.encode_utf16().count(), 70, 67) },
    }
}

fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else if EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn parts(units: usize, alone: usize, of_many: usize) -> usize {
    if units <= alone { 1 } else { units.div_ceil(of_many) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_by_the_alphabet_they_need() {
        for (text, encoding, count) in [
            ("a".repeat(160), "GSM-7", 1),
            ("a".repeat(161), "GSM-7", 2),
            ("€".repeat(80), "GSM-7", 1),
            ("я".repeat(70), "UCS-2", 1),
            ("я".repeat(71), "UCS-2", 2),
        ] {
            assert_eq!(segments(&text), Segments { encoding, count });
        }
    }
}
