//! Where tags and comments start in a source.

use super::TemplateOptions;

/// What an opening delimiter opens.
#[derive(Clone, Copy)]
pub(super) enum Marker {
    /// A comment.
    Comment,
    /// An expression.
    Variable,
    /// A statement.
    Block,
    /// A statement that is a line.
    Line,
    /// A comment to the end of its line.
    LineComment,
}

/// The next opening delimiter; remembers how far each was looked for.
pub(super) struct Markers<'s> {
    source: &'s str,
    found: Vec<(Option<usize>, &'s str, Marker)>,
}

impl<'s> Markers<'s> {
    /// From the start of a source.
    pub fn new(source: &'s str, options: &'s TemplateOptions) -> Self {
        let all = [
            (Some(options.block_start.as_str()), Marker::Block),
            (Some(options.variable_start.as_str()), Marker::Variable),
            (Some(options.comment_start.as_str()), Marker::Comment),
            (options.line_statement_prefix.as_deref(), Marker::Line),
            (options.line_comment_prefix.as_deref(), Marker::LineComment),
        ];
        let present = all.into_iter().filter_map(|(text, marker)| {
            let text = text.filter(|text| !text.is_empty())?;
            Some((source.find(text), text, marker))
        });
        let mut found: Vec<_> = present.collect();
        found.sort_by_key(|(_, text, _)| std::cmp::Reverse(text.len()));
        Self { source, found }
    }

    /// The next one from a place on: where it starts, its length, what it opens.
    pub fn next(&mut self, from: usize) -> Option<(usize, usize, Marker)> {
        for (at, text, marker) in &mut self.found {
            while let Some(found) = *at {
                let blank_before = || {
                    let before = &self.source[..found];
                    let line = before.rfind('\n').map_or(before, |nl| &before[nl + 1..]);
                    line.trim_matches([' ', '\t']).is_empty()
                };
                if found >= from && (!matches!(marker, Marker::Line) || blank_before()) {
                    break;
                }
                let start = from.max(found + 1);
                *at = self.source.get(start..).and_then(|rest| rest.find(*text)).map(|i| start + i);
            }
        }
        let candidates = self
            .found
            .iter()
            .filter_map(|(at, text, marker)| at.map(|at| (at, text.len(), *marker)));
        candidates.min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)))
    }
}
