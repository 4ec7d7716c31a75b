//! The lines of `zfs get -Hp -o name,property,value,source` and its kin.

use std::collections::BTreeMap;

use super::listing::ListingError;

/// Where a property's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It was set here.
    Local,
    /// Nobody has set it.
    Default,
    /// It was set on this dataset above.
    Inherited(String),
    /// It came with a stream.
    Received,
    /// A mount option has it so for now.
    Temporary,
    /// It is a fact and no setting.
    None,
}

impl Source {
    /// Reads the last field of a line.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "local" => Self::Local,
            "default" => Self::Default,
            "received" => Self::Received,
            "temporary" => Self::Temporary,
            "-" | "none" => Self::None,
            _ => Self::Inherited(text.strip_prefix("inherited from ")?.to_owned()),
        })
    }
}

/// One property of one dataset, snapshot, bookmark or pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Full name of what has it.
    pub name: String,
    /// The property's.
    pub property: String,
    /// As `-p` prints it.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// The properties of one thing.
pub type Properties = BTreeMap<String, (String, Source)>;

/// Reads all lines. A value may hold tabs and newlines: a line that has not its four fields goes on in the next.
///
/// # Errors
/// A line that is none, and an end in the middle of one.
pub fn parse(text: &str) -> Result<Vec<Row>, ListingError> {
    let mut rows = Vec::new();
    let mut open = String::new();
    let mut began = 1;
    for (at, line) in text.lines().enumerate() {
        if open.is_empty() {
            began = at + 1;
        } else {
            open.push('\n');
        }
        open.push_str(line);
        if let Some(row) = row(&open) {
            rows.push(row);
            open.clear();
        }
    }
    if open.is_empty() {
        return Ok(rows);
    }
    Err(ListingError { line: began, why: "it has not the four fields that were asked for".into() })
}

fn row(line: &str) -> Option<Row> {
    let (name, rest) = line.split_once('\t')?;
    let (property, rest) = rest.split_once('\t')?;
    let (value, source) = rest.rsplit_once('\t')?;
    let source = Source::parse(source)?;
    let (name, property, value) = (name.to_owned(), property.to_owned(), value.to_owned());
    Some(Row { name, property, value, source })
}

/// Reads the table that old versions of `zpool get` print for one pool: columns with blanks between them, where a long
/// value pushes the next column aside.
///
/// # Errors
/// A line that is not about that pool.
pub fn parse_table(pool: &str, text: &str) -> Result<Vec<Row>, ListingError> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        let read = || {
            let rest = line.strip_prefix(pool)?.trim_start();
            let (property, rest) = rest.split_once(' ')?;
            let (value, source) = rest.trim().rsplit_once(' ')?;
            Some((property, value.trim(), Source::parse(source)?))
        };
        let why = || format!("it tells nothing of the pool {pool}");
        let (property, value, source) =
            read().ok_or_else(|| ListingError { line: at + 1, why: why() })?;
        let (name, property, value) = (pool.to_owned(), property.to_owned(), value.to_owned());
        rows.push(Row { name, property, value, source });
    }
    Ok(rows)
}

/// The properties of each thing, in the order of their names.
#[must_use]
pub fn by_name(rows: Vec<Row>) -> BTreeMap<String, Properties> {
    let mut all: BTreeMap<String, Properties> = BTreeMap::new();
    for row in rows {
        all.entry(row.name).or_default().insert(row.property, (row.value, row.source));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_sources() {
        let rows = parse(
            "tank/a b\tcompression\tlz4\tlocal\ntank/a b\tatime\ton\tinherited from tank\ntank\tused\t-\t-\n",
        )
        .unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!((rows[0].name.as_str(), rows[0].value.as_str()), ("tank/a b", "lz4"));
        assert_eq!(rows[1].source, Source::Inherited("tank".into()));
        assert_eq!(rows[2].source, Source::None);
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn values_may_hold_tabs_and_newlines() {
        let rows = parse("t\ta:b\tone\ttwo\nthree\tlocal\nt\tc:d\tx\tlocal\n").unwrap();
        assert_eq!(rows[0].value, "one\ttwo\nthree");
        assert_eq!(rows[1].property, "c:d");
    }

    #[test]
    fn half_an_answer_is_none() {
        assert_eq!(parse("t\ta\tb\t-\nt\tused").unwrap_err().line, 2);
        assert!(parse("cannot open 'x': dataset does not exist\n").is_err());
        assert!(parse("t\ta\tb\tsomewhere\n").is_err());
    }

    #[test]
    fn the_table_of_an_old_pool() {
        let text = include_str!("../../tests/fixtures/probe/zfs/fuse/zpool-get");
        let rows = by_name(parse_table("tk1", text).unwrap());
        let of = |name: &str| rows["tk1"][name].0.as_str();
        assert_eq!((of("guid"), of("version"), of("altroot")), ("7659472362258227765", "23", "-"));
        assert_eq!(rows["tk1"]["ashift"], ("0".to_string(), Source::Default));
        assert!(parse_table("other", text).is_err());
    }
}
