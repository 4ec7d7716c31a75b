//! Globs of host patterns, as Python's fnmatch has them.

/// One sign of a glob.
enum Sign {
    Char(char),
    Any,
    Star,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// A compiled glob: `*`, `?`, `[seq]`, `[!seq]`.
pub(super) struct Glob(Vec<Sign>);

impl Glob {
    pub fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut signs = Vec::new();
        let mut at = 0;
        while let Some(c) = chars.get(at) {
            at += 1;
            signs.push(match c {
                '*' => Sign::Star,
                '?' => Sign::Any,
                '[' => match set(&chars, at) {
                    Some((sign, after)) => {
                        at = after;
                        sign
                    }
                    None => Sign::Char('['),
                },
                c => Sign::Char(*c),
            });
        }
        Self(signs)
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut sign, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(sign) {
                Some(Sign::Star) => {
                    star = Some((sign, at));
                    sign += 1;
                }
                Some(one) if one.takes(text[at]) => {
                    sign += 1;
                    at += 1;
                }
                _ => {
                    let Some((from, taken)) = star else { return false };
                    star = Some((from, taken + 1));
                    sign = from + 1;
                    at = taken + 1;
                }
            }
        }
        self.0[sign..].iter().all(|sign| matches!(sign, Sign::Star))
    }
}

impl Sign {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Any => true,
            Self::Star => false,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// The set whose first sign stands at `start`, and the place behind its bracket.
fn set(chars: &[char], start: usize) -> Option<(Sign, usize)> {
    let negated = chars.get(start) == Some(&'!');
    let first = start + usize::from(negated);
    let skip = first + usize::from(chars.get(first) == Some(&']'));
    let end = skip + chars.get(skip..)?.iter().position(|c| *c == ']')?;
    let body = &chars[first..end];
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(low) = body.get(at) {
        if let Some(['-', high]) = body.get(at + 1..at + 3) {
            ranges.push((*low, *high));
            at += 3;
        } else {
            ranges.push((*low, *low));
            at += 1;
        }
    }
    Some((Sign::Set { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs_match_as_fnmatch_does() {
        let cases = [
            ("web*", "web1", true),
            ("web*", "aweb1", false),
            ("*", "", true),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("[ab]x", "bx", true),
            ("[!ab]x", "bx", false),
            ("[a-c]1", "b1", true),
            ("[]]", "]", true),
            ("[a", "[a", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("h[0-9]*.ex", "h10.ex", true),
            ("[c-a]", "b", false),
        ];
        for (glob, text, wanted) in cases {
            assert_eq!(Glob::new(glob).matches(text), wanted, "{glob} {text}");
        }
    }
}
